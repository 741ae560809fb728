namespace Athena.Simulation.Model;

/// <summary>Time that only the simulation moves, in nanoseconds. No timers: the simulation calls what the service's timers would.</summary>
internal sealed class VirtualClock : TimeProvider
{
    public const long Second = 1_000_000_000;

    /// <summary>Time since the start. The engine sees a machine that has been on for an hour.</summary>
    public long Now { get; set; }

    public override long TimestampFrequency => Second;

    public override long GetTimestamp() => Now + (3600 * Second);

    public override DateTimeOffset GetUtcNow() => DateTimeOffset.UnixEpoch.AddTicks(GetTimestamp() / 100);
}
