using System.Buffers;
using System.IO.Pipelines;
using System.Runtime.CompilerServices;

namespace Athena.Gateway.Edge;

/// <summary>A connection's input behind a gate. After a refusal it ends in bytes that no request may have, so that the server itself answers 400 and closes.</summary>
/// <remarks>No byte is copied unless something is refused: what was let through is the connection's own buffer.</remarks>
internal sealed class GatedReader(PipeReader input, IByteGate gate) : PipeReader
{
    /// <summary>Bad in a request line, in a field, and in and around a chunk.</summary>
    private static ReadOnlySpan<byte> Poison => "\0\r\0"u8;

    private ReadOnlySequence<byte> _all;
    private ReadOnlySequence<byte> _refusal;
    private long _passed;

    public override bool TryRead(out ReadResult result)
    {
        if (!input.TryRead(out result))
        {
            return false;
        }
        result = Show(result);
        return true;
    }

    public override ValueTask<ReadResult> ReadAsync(CancellationToken cancellationToken = default)
    {
        var reading = input.ReadAsync(cancellationToken);
        return reading.IsCompletedSuccessfully ? new(Show(reading.Result)) : WaitAsync(reading);
    }

    public override void AdvanceTo(SequencePosition consumed) => AdvanceTo(consumed, consumed);

    public override void AdvanceTo(SequencePosition consumed, SequencePosition examined)
    {
        if (gate.IsRefused)
        {
            var used = Math.Min(_passed, _refusal.Slice(_refusal.Start, consumed).Length);
            _passed -= used;
            // What was refused stays unexamined, so that the next read ends at once.
            input.AdvanceTo(_all.GetPosition(used));
        }
        else
        {
            _passed -= _all.Slice(_all.Start, consumed).Length;
            input.AdvanceTo(consumed, examined);
        }
        _all = default;
    }

    public override void CancelPendingRead() => input.CancelPendingRead();

    public override void Complete(Exception? exception = null) => input.Complete(exception);

    public override ValueTask CompleteAsync(Exception? exception = null) => input.CompleteAsync(exception);

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<ReadResult> WaitAsync(ValueTask<ReadResult> reading) => Show(await reading);

    private ReadResult Show(in ReadResult read)
    {
        _all = read.Buffer;
        if (!gate.IsRefused && _all.Length > _passed)
        {
            _passed += gate.Pass(_passed == 0 ? _all : _all.Slice(_passed));
        }
        if (!gate.IsRefused)
        {
            return read;
        }
        _refusal = new ReadOnlySequence<byte>([.. _all.Slice(0, _passed).ToArray(), .. Poison]);
        return new ReadResult(_refusal, read.IsCanceled, isCompleted: true);
    }
}
