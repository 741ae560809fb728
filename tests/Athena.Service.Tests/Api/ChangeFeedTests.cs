using Athena.Service.Api;
using Athena.Service.State;
using Microsoft.Extensions.Time.Testing;

namespace Athena.Service.Tests.Api;

public sealed class ChangeFeedTests : IAsyncDisposable
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(60);

    private readonly ChangeLog _log = new();
    private readonly FakeTimeProvider _time = new();
    private readonly WatchTurns _turns;
    private readonly ChangeFeed _feed;

    public ChangeFeedTests()
    {
        _turns = new WatchTurns(_time);
        _feed = new ChangeFeed(_log, _turns, _time);
    }

    [Fact]
    public async Task A_step_waits_for_readers_who_still_write_the_one_before()
    {
        await FirstStepAsync();
        await _turns.BeginAsync(CancellationToken.None);
        var second = Change(2);
        var ticks = 0;
        await TickAsync(() => ++ticks > 10);
        Assert.False(second.IsCompleted);
        _turns.End();
        await TickAsync(() => second.IsCompleted);
        Assert.Equal(2, _feed.Horizon.Place);
    }

    [Fact]
    public async Task A_step_does_not_wait_for_long()
    {
        await FirstStepAsync();
        await _turns.BeginAsync(CancellationToken.None);
        var second = Change(2);
        await TickAsync(() => second.IsCompleted);
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
        var first = _feed.Horizon.Passed;
        _log.Append([new FleetChange(1, default, "", "")]);
        await first.WaitAsync(Deadline);
    }

    /// <summary>The feed looks at the clock in a thread of its own: time goes on until it did.</summary>
    private async Task TickAsync(Func<bool> isDone)
    {
        using var end = new CancellationTokenSource(Deadline);
        while (!isDone())
        {
            _time.Advance(ChangeFeed.Tick);
            await Task.Delay(5, end.Token);
        }
    }

    /// <returns>Ends when the change is let out.</returns>
    private Task Change(long revision)
    {
        var passed = _feed.Horizon.Passed;
        _log.Append([new FleetChange(revision, default, "", "")]);
        return passed;
    }
}
