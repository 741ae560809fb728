using System.Buffers;
using System.IO.Pipelines;
using Microsoft.AspNetCore.Http.Features;

namespace Athena.Gateway.Forwarding;

/// <summary>The way of an answer's body from a server's connection to the visitor: whatever has come goes on at once.</summary>
internal static class AnswerBody
{
    private const int Piece = 32 * 1024;

    /// <summary>Passes it on, to its end.</summary>
    /// <returns>Whether the connection may serve another request.</returns>
    /// <exception cref="IOException">The server ended it early, or the visitor takes no more.</exception>
    /// <exception cref="InvalidDataException">It is not what its framing says.</exception>
    public static ValueTask<bool> PassAsync(HttpContext context, ServerConnection connection, Attempt attempt)
    {
        var answer = connection.Answer;
        if (HttpMethods.IsHead(context.Request.Method) || answer.Status is 204 or 205 or 304 || answer is { Framing: BodyFraming.Length, Length: 0 })
        {
            return new(answer.IsKept);
        }
        return answer.Framing switch
        {
            BodyFraming.Length => PassLengthAsync(context.Response, connection),
            BodyFraming.Chunks => PassChunksAsync(context, connection, attempt),
            _ => PassAllAsync(context.Response, connection),
        };
    }

    private static async ValueTask<bool> PassLengthAsync(HttpResponse response, ServerConnection connection)
    {
        var left = connection.Answer.Length;
        left -= await PassReceivedAsync(response, connection, left);
        while (left > 0)
        {
            left -= await PassPieceAsync(response, connection, left) is var count and > 0 ? count : throw EndedEarly();
        }
        return connection.Answer.IsKept;
    }

    private static async ValueTask<bool> PassAllAsync(HttpResponse response, ServerConnection connection)
    {
        await PassReceivedAsync(response, connection, long.MaxValue);
        while (await PassPieceAsync(response, connection, long.MaxValue) > 0)
        {
        }
        return false;
    }

    private static async ValueTask<bool> PassChunksAsync(HttpContext context, ServerConnection connection, Attempt attempt)
    {
        var writer = context.Response.BodyWriter;
        var chunks = default(ChunkReader);
        while (!chunks.IsOver)
        {
            writer.Write(chunks.Read(connection.Received.Span, out var used));
            connection.Use(used);
            if (used == 0)
            {
                // All that came has been looked at.
                Check(await writer.FlushAsync());
                connection.Touch();
                if (await connection.ReceiveAsync() == 0)
                {
                    throw EndedEarly();
                }
            }
        }
        // What was written last goes with the end of the request.
        if (chunks.Trailers is { } trailers)
        {
            attempt.TakeLoad(trailers);
            PassTrailers(context, trailers);
        }
        return connection.Answer.IsKept;
    }

    /// <summary>Where the visitor's protocol has them: not in HTTP/1.1 here.</summary>
    private static void PassTrailers(HttpContext context, HeaderDictionary trailers)
    {
        if (context.Features.Get<IHttpResponseTrailersFeature>()?.Trailers is { IsReadOnly: false } passed)
        {
            foreach (var (name, values) in trailers)
            {
                passed[name] = values;
            }
        }
    }

    /// <summary>Passes on what came with the head.</summary>
    private static async ValueTask<int> PassReceivedAsync(HttpResponse response, ServerConnection connection, long most)
    {
        var bytes = connection.Received;
        bytes = bytes.Length > most ? bytes[..(int)most] : bytes;
        if (bytes.Length > 0)
        {
            Check(await response.BodyWriter.WriteAsync(bytes));
            connection.Use(bytes.Length);
            connection.Touch();
        }
        return bytes.Length;
    }

    /// <summary>Receives into the visitor's own buffer.</summary>
    /// <returns>How many bytes; 0: the server has ended.</returns>
    private static async ValueTask<int> PassPieceAsync(HttpResponse response, ServerConnection connection, long most)
    {
        var writer = response.BodyWriter;
        if (!response.HasStarted)
        {
            // The head goes on its way while the body is waited for.
            Check(await writer.FlushAsync());
        }
        var room = writer.GetMemory(Piece);
        var count = await connection.ReceiveAsync(room.Length > most ? room[..(int)most] : room);
        writer.Advance(count);
        Check(await writer.FlushAsync());
        connection.Touch();
        return count;
    }

    private static void Check(FlushResult flushed)
    {
        if (flushed.IsCompleted || flushed.IsCanceled)
        {
            throw new VisitorLeftException();
        }
    }

    private static IOException EndedEarly() => new("the server closed the connection within its answer");
}

/// <summary>Nobody takes the answer any more.</summary>
internal sealed class VisitorLeftException() : IOException("the visitor went away");
