using System.Net.Sockets;
using Athena.Gateway.Edge;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Options;
using Yarp.ReverseProxy.Forwarder;

namespace Athena.Gateway.Forwarding;

/// <summary>Forwards requests without a body to servers that speak HTTP/1.1 in clear text: from the visitor's fields to bytes, and from bytes to the visitor's answer.</summary>
/// <remarks>Visitor and server see what they see with YARP's forwarder and HttpClient, and failures are told as YARP tells them; docs/adr/0026 has why.</remarks>
internal sealed class LeanForwarder(ForwardedHeaders forwarded, IOptions<GatewayOptions> options)
{
    /// <summary>RFC 9113, 7: the stream ended for a fault of ours or of the server.</summary>
    private const int Http2InternalError = 2;

    private static readonly Action<object?> VisitorLeft = static connection => ((ServerConnection)connection!).End(ConnectionEnd.VisitorLeft);

    private readonly TimeSpan _connectTimeout = options.Value.ConnectTimeout;

    /// <summary>Sends a request, and its answer back to the visitor. A failure is left in <see cref="IForwarderErrorFeature"/> as well.</summary>
    public async ValueTask<ForwarderError> SendAsync(HttpContext context, ServerPool pool, LeanRoute route, Attempt attempt)
    {
        var cancellation = context.RequestAborted;
        for (var isFirst = true; ; isFirst = false)
        {
            ServerConnection? connection = null;
            if (!isFirst || !pool.TryTake(route.Patience, out connection))
            {
                try
                {
                    connection = await pool.ConnectAsync(_connectTimeout, cancellation);
                }
                catch (Exception e) when (e is HttpRequestException || cancellation.IsCancellationRequested)
                {
                    return Fail(context, cancellation.IsCancellationRequested ? ForwarderError.RequestCanceled : ForwarderError.Request, e);
                }
            }
            var leaving = cancellation.UnsafeRegister(VisitorLeft, connection);
            var (isAnswered, isKept) = (false, false);
            try
            {
                if (!connection.WasUsed && !connection.TryBegin(route.Patience))
                {
                    throw new IOException("the server spoke first");
                }
                RequestHead.Write(connection.Head, context, pool, route, forwarded);
                await connection.SendAsync();
                while (!connection.TryReadHead(context.Response))
                {
                    isAnswered |= await connection.ReceiveAsync() > 0 ? true : throw new IOException("the server closed the connection before its answer");
                }
                if (connection.Answer.HasLoad)
                {
                    attempt.TakeLoad(context.Response.Headers);
                }
                foreach (var change in route.Changes)
                {
                    change(context, pool.Address);
                }
                isKept = await AnswerBody.PassAsync(context, connection, attempt) && connection.Received.IsEmpty;
                return ForwarderError.None;
            }
            catch (Exception e) when (e is SocketException or IOException or InvalidDataException or ObjectDisposedException or OperationCanceledException)
            {
                if (!isAnswered && connection.WasUsed && connection.Ending == ConnectionEnd.None)
                {
                    // Closed while it was idle: the server saw nothing of this request, or may see it once more, for it changes nothing.
                    continue;
                }
                return Fail(context, ErrorOf(connection.Ending, e, context.Response.HasStarted), e);
            }
            finally
            {
                await leaving.DisposeAsync();
                if (connection.Rest() && isKept)
                {
                    pool.Return(connection);
                }
                else
                {
                    connection.Dispose();
                }
            }
        }
    }

    private static ForwarderError ErrorOf(ConnectionEnd end, Exception exception, bool hasStarted) => (end, hasStarted) switch
    {
        (ConnectionEnd.TooSilent, false) => ForwarderError.RequestTimedOut,
        (ConnectionEnd.VisitorLeft, false) => ForwarderError.RequestCanceled,
        (ConnectionEnd.TooSilent or ConnectionEnd.VisitorLeft, true) => ForwarderError.ResponseBodyCanceled,
        _ => exception is VisitorLeftException ? ForwarderError.ResponseBodyClient
            : hasStarted ? ForwarderError.ResponseBodyDestination
            : ForwarderError.Request,
    };

    private static ForwarderError Fail(HttpContext context, ForwarderError error, Exception exception)
    {
        context.Features.Set<IForwarderErrorFeature>(new Failure(error, exception));
        if (context.Response.HasStarted)
        {
            Break(context);
            return error;
        }
        if (exception is InvalidDataException)
        {
            // Some of the fields of what is no answer may be there already.
            context.Response.Clear();
        }
        context.Response.StatusCode = error == ForwarderError.RequestTimedOut ? StatusCodes.Status504GatewayTimeout : StatusCodes.Status502BadGateway;
        return error;
    }

    /// <summary>Lets a visitor who has a part of the answer know that it is not all.</summary>
    private static void Break(HttpContext context)
    {
        if (context.Features.Get<IHttpResetFeature>() is { } stream)
        {
            stream.Reset(Http2InternalError);
        }
        else
        {
            context.Abort();
        }
    }

    private sealed record Failure(ForwarderError Error, Exception? Exception) : IForwarderErrorFeature;
}
