using Athena.Service.Api;
using Athena.Service.State;

namespace Athena.Service.Tests.Api;

public sealed class ChangeFeedTests : IAsyncDisposable
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(60);

    private readonly ChangeLog _log = new();
    private readonly NotedClock _time = new();
    private readonly WatchTurns _turns;
    private readonly ChangeFeed _feed;

    public ChangeFeedTests()
    {
        _turns = new WatchTurns(_time);
        _feed = new ChangeFeed(_log, _turns, _time);
    }

    [Fact]
    public async Task The_first_change_after_a_quiet_time_goes_out_at_once()
    {
        await FirstStepAsync();
        Assert.Equal(1, _feed.Horizon.Place);
    }

    [Fact]
    public async Task The_next_step_comes_50_ms_later_and_takes_all_that_came_meanwhile()
    {
        await FirstStepAsync();
        Assert.Equal(50, await _time.NextSleepAsync());
        var second = Change(2);
        _time.Advance(49);
        _ = Change(3);
        Assert.Equal(1, _feed.Horizon.Place);
        _time.Advance(1);
        await second.WaitAsync(Deadline);
        Assert.Equal(3, _feed.Horizon.Place);
    }

    [Fact]
    public async Task A_step_waits_for_readers_who_still_write_the_one_before()
    {
        var second = await SecondWhileOneStillWritesAsync();
        Assert.Equal(1, _feed.Horizon.Place);
        _turns.End();
        await second.WaitAsync(Deadline);
        Assert.Equal(2, _feed.Horizon.Place);
    }

    [Fact]
    public async Task A_step_waits_no_longer_than_a_second()
    {
        var second = await SecondWhileOneStillWritesAsync();
        _time.Advance(949);
        Assert.Equal(1, _feed.Horizon.Place);
        _time.Advance(1);
        await second.WaitAsync(Deadline);
        _turns.End();
    }

    public async ValueTask DisposeAsync()
    {
        await _feed.StopAsync(CancellationToken.None);
        _feed.Dispose();
        _turns.Dispose();
    }

    private async Task FirstStepAsync()
    {
        await _feed.StartAsync(CancellationToken.None);
        await Change(1).WaitAsync(Deadline);
    }

    /// <returns>Ends when the change is let out.</returns>
    /// <summary>A second step that is due but for a reader who still writes the first; ends when it comes.</summary>
    private async Task<Task> SecondWhileOneStillWritesAsync()
    {
        await FirstStepAsync();
        await _turns.BeginAsync(CancellationToken.None);
        var second = Change(2);
        Assert.Equal(50, await _time.NextSleepAsync());
        _time.Advance(50);
        Assert.Equal(950, await _time.NextSleepAsync());
        return second;
    }

    private Task Change(long revision)
    {
        var passed = _feed.Horizon.Passed;
        _log.Append([new FleetChange(revision, default, "", "")]);
        return passed;
    }
}
