namespace Athena.Engine.Simulating;

/// <summary>Time that begins now and stands still until it is moved.</summary>
internal sealed class SimulatedTime(TimeProvider live) : TimeProvider
{
    private readonly DateTimeOffset _start = live.GetUtcNow();
    private readonly long _began = live.GetTimestamp();
    private double _passed;

    /// <summary>Seconds since the beginning.</summary>
    public double Passed => _passed;

    public override long TimestampFrequency => live.TimestampFrequency;

    public override long GetTimestamp() => _began + (long)(_passed * TimestampFrequency);

    public override DateTimeOffset GetUtcNow() => _start + TimeSpan.FromSeconds(_passed);

    public void Pass(double seconds) => _passed += seconds;
}
