namespace Athena.Engine.Leases;

/// <summary>How long one server's work takes, by the number in flight that it was begun with: a line through the outcomes of late.</summary>
/// <remarks>
/// latency(n) = mean latency + slope · (n − mean n): least squares over decayed outcomes, each with the largest of 1/(outcomes so far), 1/64 and
/// 1 − e^(−Δt/τ) as its part. As far as n hardly varied the slope is that of the line through the origin, mean latency / mean n; it never is above
/// that, nor below a part of it, for more in flight must count. While nothing comes the latency fades as e^(−Δt/τ), unless the last outcome was a
/// failure. A failure may raise the latency and never lowers or begins it, and each in a row adds the latency once more, fading likewise, until the
/// next success: a server that refuses at once must not look idle for a second. How often it fails over time is <see cref="LatencyCell"/>'s.
/// Sources: Prequal (NSDI 2024), whose latency is that of queries which arrived at about the present number in flight; decay as in Finagle's PeakEwma.
/// Writers take turns by a flag, for a few nanoseconds; readers read two numbers.
/// </remarks>
internal sealed class LatencyLine(TimeSpan decay)
{
    /// <summary>No latency is below it, in milliseconds.</summary>
    private const double LeastLatency = 1e-6;

    /// <summary>Least part of a new outcome: what a farm's speed is by now counts more than seconds of history.</summary>
    private const double LeastGain = 1.0 / 64;

    /// <summary>Variance of the number in flight at which data and the line through the origin count alike.</summary>
    private const double Stiffness = 0.5;

    /// <summary>Least slope, as a part of that of the line through the origin.</summary>
    private const double LeastSlope = 0.5;

    /// <summary>Most failures in a row that count.</summary>
    private const double LongestRow = 20;

    private readonly double _decay = decay.TotalSeconds;
    private double _latency;
    private double _inFlight;
    private double _variance;
    private double _covariance;
    private long _outcomes;
    private double _stamp;
    private double _row;
    private double _atNothing = double.NaN;
    private double _slope;
    private int _writing;

    public TimeSpan Decay { get; } = decay;

    /// <summary>Expected latency, in milliseconds, of work that begins as one of so many in flight; NaN before the first success.</summary>
    public double At(long inFlight) => Volatile.Read(ref _atNothing) + (Volatile.Read(ref _slope) * inFlight);

    /// <summary>The same line, from now on apart.</summary>
    public LatencyLine Copy()
    {
        Enter();
        var copy = (LatencyLine)MemberwiseClone();
        copy._writing = 0;
        Volatile.Write(ref _writing, 0);
        return copy;
    }

    /// <summary>Takes in one outcome.</summary>
    /// <param name="milliseconds">Latency; zero or more.</param>
    /// <param name="failed">Whether the server failed.</param>
    /// <param name="inFlight">The server's leases when this one was opened, itself included.</param>
    /// <param name="now">Monotonic time, in seconds.</param>
    public void Observe(double milliseconds, bool failed, int inFlight, double now)
    {
        Enter();
        var passed = Math.Exp(-Math.Max(0, now - _stamp) / _decay);
        var raises = milliseconds > At(inFlight);
        _row = failed ? Math.Min(LongestRow, (_row * passed) + 1) : 0;
        if (!failed || raises)
        {
            var gain = Math.Max(Math.Max(1.0 / ++_outcomes, LeastGain), 1 - passed);
            var (n, latency) = (Math.Max(1, inFlight) - _inFlight, milliseconds - _latency);
            _inFlight += gain * n;
            _latency += gain * latency;
            _variance = (1 - gain) * (_variance + (gain * n * n));
            _covariance = (1 - gain) * (_covariance + (gain * n * latency));
        }
        Publish(1, _row);
        _stamp = Math.Max(_stamp, now);
        Volatile.Write(ref _writing, 0);
    }

    /// <summary>Lets the latency fade to what it is now. Called every so often: what is seen in between is what it was at the last call.</summary>
    public void Fade(double now)
    {
        if (double.IsNaN(Volatile.Read(ref _atNothing)))
        {
            return;
        }
        Enter();
        var passed = Math.Exp(-Math.Max(0, now - _stamp) / _decay);
        Publish(_row > 0 ? 1 : passed, _row * passed);
        Volatile.Write(ref _writing, 0);
    }

    private void Publish(double fade, double row)
    {
        if (_outcomes == 0)
        {
            return;
        }
        fade *= 1 + row;
        var steepest = _latency / _inFlight;
        var slope = Math.Clamp((_covariance + (Stiffness * steepest)) / (_variance + Stiffness), LeastSlope * steepest, steepest);
        Volatile.Write(ref _slope, slope * fade);
        Volatile.Write(ref _atNothing, Math.Max(LeastLatency, (_latency - (slope * _inFlight)) * fade));
    }

    private void Enter()
    {
        var wait = default(SpinWait);
        while (Interlocked.CompareExchange(ref _writing, 1, 0) != 0)
        {
            wait.SpinOnce();
        }
    }
}
