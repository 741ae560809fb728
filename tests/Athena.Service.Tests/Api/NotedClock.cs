using System.Threading.Channels;
using Microsoft.Extensions.Time.Testing;

namespace Athena.Service.Tests.Api;

/// <summary>A clock that stands until it is moved, and tells how long others want to sleep by it: who asks knows that they do.</summary>
internal sealed class NotedClock : TimeProvider
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(60);

    private readonly FakeTimeProvider _time = new();
    private readonly Channel<TimeSpan> _sleeps = Channel.CreateUnbounded<TimeSpan>();

    public override long TimestampFrequency => _time.TimestampFrequency;

    /// <summary>Whether nobody has begun to sleep since the last that was asked for.</summary>
    public bool NobodySleeps => _sleeps.Reader.Count == 0;

    public override DateTimeOffset GetUtcNow() => _time.GetUtcNow();

    public override long GetTimestamp() => _time.GetTimestamp();

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = _time.CreateTimer(callback, state, dueTime, period);
        _sleeps.Writer.TryWrite(dueTime);
        return timer;
    }

    public void Advance(double milliseconds) => _time.Advance(TimeSpan.FromMilliseconds(milliseconds));

    /// <summary>The milliseconds that the next one sleeps, once it does.</summary>
    public async Task<double> NextSleepAsync() => (await _sleeps.Reader.ReadAsync().AsTask().WaitAsync(Deadline)).TotalMilliseconds;
}
