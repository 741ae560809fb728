using System.Buffers;
using System.IO.Pipelines;
using Google.Protobuf;
using Grpc.Core;

namespace Athena.Service.Api;

/// <summary>Writes one stream, a piece at a turn. It waits for a slow reader outside its turn and keeps no more than a piece for it.</summary>
internal abstract class WatchWriter(PipeWriter body, WatchTurns turns) : IDisposable
{
    /// <summary>Bytes written before they are sent and the turn goes to another.</summary>
    private const int Piece = 16 << 10;

    private int _unsent;
    private bool _inTurn;

    /// <summary>Takes a turn, unless it has one.</summary>
    public async ValueTask BeginAsync(CancellationToken cancellation)
    {
        if (!_inTurn)
        {
            await turns.BeginAsync(cancellation);
            _inTurn = true;
        }
    }

    /// <summary>Writes messages.</summary>
    /// <returns>Whether there were any.</returns>
    public abstract ValueTask<bool> WriteAsync(WatchMessages messages, CancellationToken cancellation);

    /// <summary>Sends what was written and gives the turn away.</summary>
    public async ValueTask SendAsync(CancellationToken cancellation)
    {
        if (_unsent > 0)
        {
            _unsent = 0;
            var sending = body.FlushAsync(cancellation);
            EndTurn();
            if ((await sending).IsCompleted)
            {
                throw new OperationCanceledException("the reader went away");
            }
        }
        EndTurn();
    }

    public void Dispose() => EndTurn();

    /// <summary>Counts bytes that were written; sends them when they are a piece.</summary>
    protected async ValueTask WroteAsync(int bytes, CancellationToken cancellation)
    {
        _unsent += bytes;
        if (_unsent >= Piece)
        {
            await SendAsync(cancellation);
            await BeginAsync(cancellation);
        }
    }

    /// <summary>Writes texts, a piece at a time.</summary>
    /// <returns>Whether there was any.</returns>
    protected async ValueTask<bool> PutAsync(IEnumerable<ReadOnlyMemory<byte>> texts, CancellationToken cancellation)
    {
        var any = false;
        foreach (var text in texts)
        {
            for (var bytes = text; bytes.Length > 0;)
            {
                var part = bytes[..Math.Min(bytes.Length, Piece - _unsent)];
                body.Write(part.Span);
                bytes = bytes[part.Length..];
                any = true;
                await WroteAsync(part.Length, cancellation);
            }
        }
        return any;
    }

    private void EndTurn()
    {
        if (_inTurn)
        {
            _inTurn = false;
            turns.End();
        }
    }
}

/// <summary>Messages on gRPC.</summary>
internal sealed class GrpcWatchWriter<T> : WatchWriter
    where T : class, IMessage
{
    private readonly IServerStreamWriter<T> _stream;

    public GrpcWatchWriter(IServerStreamWriter<T> stream, ServerCallContext context, WatchTurns turns)
        : base(context.GetHttpContext().Response.BodyWriter, turns)
    {
        _stream = stream;
        // Sent by the piece, not by the message.
        _stream.WriteOptions = new WriteOptions(WriteFlags.BufferHint);
    }

    public override async ValueTask<bool> WriteAsync(WatchMessages messages, CancellationToken cancellation)
    {
        var any = false;
        foreach (var message in messages.All)
        {
            await _stream.WriteAsync((T)message.Message, cancellation);
            any = true;
            await WroteAsync(message.Size, cancellation);
        }
        return any;
    }
}

/// <summary>Lines of JSON.</summary>
internal sealed class LinesWatchWriter(PipeWriter body, WatchTurns turns) : WatchWriter(body, turns)
{
    public override ValueTask<bool> WriteAsync(WatchMessages messages, CancellationToken cancellation) => PutAsync(messages.Lines, cancellation);
}

/// <summary>Server-sent events.</summary>
internal sealed class EventsWatchWriter(PipeWriter body, WatchTurns turns) : WatchWriter(body, turns)
{
    public override ValueTask<bool> WriteAsync(WatchMessages messages, CancellationToken cancellation) => PutAsync(messages.Events, cancellation);
}
