using Athena.Service.Api;

namespace Athena.Service.Tests.Api;

public sealed class WatchTurnsTests : IDisposable
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(60);

    private readonly NotedClock _time = new();
    private readonly SteppedScheduler _pool = new();
    private TimeSpan _processorTime;

    [Theory]
    [InlineData(1, 1)]
    [InlineData(4, 1)]
    [InlineData(8, 2)]
    [InlineData(64, 16)]
    public void One_writes_for_every_four_processors(int processors, int atOnce)
    {
        using var turns = Turns(processors);
        var writers = Enumerable.Range(0, atOnce + 1).Select(_ => _pool.Add(async () => await turns.BeginAsync(CancellationToken.None))).ToArray();
        _pool.RunAll();
        Assert.Equal(atOnce, writers.Count(w => w.IsCompletedSuccessfully));
        turns.End();
        _pool.Next()();
        _pool.RunAll();
        Assert.All(writers, w => Assert.True(w.IsCompletedSuccessfully));
    }

    [Fact]
    public async Task A_turn_queues_behind_the_decisions_that_wait()
    {
        using var turns = Turns(1);
        var done = new List<string>();
        await turns.BeginAsync(CancellationToken.None);
        var writer = _pool.Add(async () =>
        {
            await turns.BeginAsync(CancellationToken.None);
            done.Add("writer");
        });
        _pool.RunAll();
        turns.End();
        var turnIsGiven = _pool.Next();
        _ = _pool.Add(() =>
        {
            done.Add("decision");
            return Task.CompletedTask;
        });
        turnIsGiven();
        _pool.RunAll();
        Assert.Equal(["decision", "writer"], done);
        Assert.True(writer.IsCompletedSuccessfully);
    }

    [Theory]
    [InlineData(2, 4, 3, 1)]
    [InlineData(2, 12, 5, 7)]
    [InlineData(2, 500, 5, 10)]
    [InlineData(16, 40, 3, 2)]
    public async Task Turns_rest_as_long_as_makes_what_was_used_half_of_the_processors_time(int processors, double used, double passed, double rest)
    {
        using var turns = Turns(processors);
        await TakeAsync(turns, WatchTurns.Stretch - 1);
        Pass(passed, used);
        Assert.True(_time.NobodySleeps);
        var next = turns.BeginAsync(CancellationToken.None).AsTask();
        Assert.Equal(rest, await _time.NextSleepAsync());
        Assert.False(next.IsCompleted);
        _time.Advance(rest);
        await next.WaitAsync(Deadline);
    }

    [Theory]
    [InlineData(2, 3, 3)]
    [InlineData(2, 1, 3)]
    [InlineData(16, 20, 3)]
    public async Task Turns_do_not_rest_when_half_of_the_processors_time_was_left(int processors, double used, double passed)
    {
        using var turns = Turns(processors);
        await TakeAsync(turns, WatchTurns.Stretch - 1);
        Pass(passed, used);
        await TakeAsync(turns, 1);
        Assert.True(_time.NobodySleeps);
    }

    [Fact]
    public async Task A_rest_counts_as_time_that_went_by()
    {
        using var turns = Turns(2);
        for (var stretch = 0; stretch < 3; stretch++)
        {
            await TakeAsync(turns, WatchTurns.Stretch - 1);
            _processorTime += TimeSpan.FromMilliseconds(6);
            var next = TakeAsync(turns, 1);
            Assert.Equal(6, await _time.NextSleepAsync());
            _time.Advance(6);
            await next.WaitAsync(Deadline);
        }
    }

    [Fact]
    public async Task Who_gives_up_waiting_wants_no_turn_any_more()
    {
        using var turns = Turns(1);
        using var gone = new CancellationTokenSource();
        await turns.BeginAsync(CancellationToken.None);
        var second = turns.BeginAsync(gone.Token).AsTask();
        var idle = turns.IdleAsync();
        await gone.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => second);
        Assert.False(idle.IsCompleted);
        turns.End();
        await idle.WaitAsync(Deadline);
        Assert.True(turns.IdleAsync().IsCompleted);
    }

    [Fact]
    public async Task All_who_wait_for_a_turn_are_waited_for()
    {
        using var turns = Turns(1);
        await turns.BeginAsync(CancellationToken.None);
        var second = turns.BeginAsync(CancellationToken.None).AsTask();
        var idle = turns.IdleAsync();
        turns.End();
        await second.WaitAsync(Deadline);
        Assert.False(idle.IsCompleted);
        turns.End();
        await idle.WaitAsync(Deadline);
    }

    public void Dispose() => _pool.Dispose();

    private WatchTurns Turns(int processors) => new(_time, processors, () => _processorTime);

    /// <summary>So many milliseconds go by, in which the process uses so much processor time.</summary>
    private void Pass(double milliseconds, double used)
    {
        _time.Advance(milliseconds);
        _processorTime += TimeSpan.FromMilliseconds(used);
    }

    private static async Task TakeAsync(WatchTurns turns, int count)
    {
        for (var i = 0; i < count; i++)
        {
            await turns.BeginAsync(CancellationToken.None);
            turns.End();
        }
    }
}
