using System.Globalization;
using System.IO.Pipelines;
using System.Text;
using Google.Protobuf;
using Grpc.Core;

namespace Athena.Service.Api;

/// <summary>Turns of writing: few watchers write at once, so that decisions find the processors free however many watchers there are.</summary>
internal sealed class WatchTurns : IDisposable
{
    private readonly SemaphoreSlim _turns = new(Math.Max(1, Environment.ProcessorCount / 4));

    public Task BeginAsync(CancellationToken cancellation) => _turns.WaitAsync(cancellation);

    public void End() => _turns.Release();

    public void Dispose() => _turns.Dispose();
}

/// <summary>Writes one stream, a piece at a turn. It waits for a slow reader outside its turn and keeps no more than a piece for it.</summary>
internal abstract class WatchWriter(PipeWriter body, WatchTurns turns) : IDisposable
{
    /// <summary>Bytes written before they are sent and the turn goes to another.</summary>
    private const int Piece = 16 << 10;

    private int _unsent;
    private bool _inTurn;

    protected PipeWriter Body => body;

    /// <summary>Takes a turn, unless it has one.</summary>
    public async ValueTask BeginAsync(CancellationToken cancellation)
    {
        if (!_inTurn)
        {
            await turns.BeginAsync(cancellation);
            _inTurn = true;
        }
    }

    /// <summary>Writes one message.</summary>
    /// <param name="message">The message.</param>
    /// <param name="endsRevision">Whether the reader has all of the message's revision now.</param>
    /// <param name="cancellation">Ends the wait for a turn or the reader.</param>
    public abstract ValueTask WriteAsync(WatchMessage message, bool endsRevision, CancellationToken cancellation);

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

    /// <summary>Writes bytes, a piece at a time.</summary>
    protected async ValueTask PutAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellation)
    {
        while (bytes.Length > 0)
        {
            var part = bytes[..Math.Min(bytes.Length, Piece)];
            part.Span.CopyTo(body.GetSpan(part.Length));
            body.Advance(part.Length);
            bytes = bytes[part.Length..];
            await WroteAsync(part.Length, cancellation);
        }
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

    public override async ValueTask WriteAsync(WatchMessage message, bool endsRevision, CancellationToken cancellation)
    {
        await _stream.WriteAsync((T)message.Message, cancellation);
        await WroteAsync(message.Size, cancellation);
    }
}

/// <summary>Lines of JSON.</summary>
internal sealed class LinesWatchWriter(PipeWriter body, WatchTurns turns) : WatchWriter(body, turns)
{
    private static readonly byte[] End = "\n"u8.ToArray();

    public override async ValueTask WriteAsync(WatchMessage message, bool endsRevision, CancellationToken cancellation)
    {
        await PutAsync(message.Json, cancellation);
        await PutAsync(End, cancellation);
    }
}

/// <summary>Server-sent events. An event has an id when it ends a revision: from there a reader can resume and miss nothing.</summary>
internal sealed class EventsWatchWriter(PipeWriter body, WatchTurns turns) : WatchWriter(body, turns)
{
    public override async ValueTask WriteAsync(WatchMessage message, bool endsRevision, CancellationToken cancellation)
    {
        await PutAsync(Encoding.ASCII.GetBytes($"event: {message.Name}\ndata: "), cancellation);
        await PutAsync(message.Json, cancellation);
        await PutAsync(Encoding.ASCII.GetBytes(endsRevision ? string.Create(CultureInfo.InvariantCulture, $"\nid: {message.Revision}\n\n") : "\n\n"), cancellation);
    }
}
