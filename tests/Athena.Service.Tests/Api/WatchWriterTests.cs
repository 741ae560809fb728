using System.IO.Pipelines;
using Athena.Service.Api;
using Microsoft.Extensions.Time.Testing;

namespace Athena.Service.Tests.Api;

public sealed class WatchWriterTests : IDisposable
{
    private const int Piece = 16 << 10;

    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(60);

    private readonly WatchTurns _turns = new(new FakeTimeProvider(), 1, () => TimeSpan.Zero);
    private readonly Pipe _pipe = new(new PipeOptions(pauseWriterThreshold: 1, resumeWriterThreshold: 1));

    [Fact]
    public async Task A_slow_reader_is_waited_for_outside_of_its_turn_and_has_one_piece()
    {
        using var writer = new Writer(_pipe.Writer, _turns);
        await writer.BeginAsync(CancellationToken.None);
        Assert.False(_turns.IdleAsync().IsCompleted);
        var writing = writer.PutAsync(3 * Piece).AsTask();
        for (var pieces = 0; pieces < 3; pieces++)
        {
            var read = await _pipe.Reader.ReadAsync().AsTask().WaitAsync(Deadline);
            Assert.Equal(Piece, read.Buffer.Length);
            // It has given its turn away, or is about to.
            await _turns.IdleAsync().WaitAsync(Deadline);
            _pipe.Reader.AdvanceTo(read.Buffer.End);
        }
        Assert.True(await writing.WaitAsync(Deadline));
    }

    [Fact]
    public async Task Who_goes_in_the_middle_of_a_turn_leaves_it_to_others()
    {
        using (var writer = new Writer(_pipe.Writer, _turns))
        {
            await writer.BeginAsync(CancellationToken.None);
        }
        await _turns.BeginAsync(CancellationToken.None).AsTask().WaitAsync(Deadline);
    }

    public void Dispose() => _turns.Dispose();

    private sealed class Writer(PipeWriter body, WatchTurns turns) : WatchWriter(body, turns)
    {
        public override ValueTask<bool> WriteAsync(WatchMessages messages, CancellationToken cancellation) => throw new NotSupportedException();

        /// <summary>Writes a text of so many bytes.</summary>
        public ValueTask<bool> PutAsync(int bytes) => PutAsync([new byte[bytes]], CancellationToken.None);
    }
}
