using Microsoft.Extensions.Time.Testing;

namespace Athena.Service.Tests.Health;

/// <summary>Timestamps that go on evenly when moved, and a wall clock that may jump without them.</summary>
internal sealed class JumpingClock : TimeProvider
{
    private readonly FakeTimeProvider _even = new(new DateTimeOffset(2026, 3, 1, 12, 0, 0, TimeSpan.Zero));
    private TimeSpan _jumped;

    public override long TimestampFrequency => _even.TimestampFrequency;

    public override DateTimeOffset GetUtcNow() => _even.GetUtcNow() + _jumped;

    public override long GetTimestamp() => _even.GetTimestamp();

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
        _even.CreateTimer(callback, state, dueTime, period);

    /// <summary>Time goes by on both.</summary>
    public void Advance(TimeSpan by) => _even.Advance(by);

    /// <summary>The wall clock alone is set forward, or back.</summary>
    public void Jump(TimeSpan by) => _jumped += by;
}
