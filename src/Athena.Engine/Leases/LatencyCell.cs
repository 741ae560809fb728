namespace Athena.Engine.Leases;

/// <summary>Decayed peak latency of one server, and how often it fails.</summary>
/// <remarks>
/// If latency > cost: cost = latency; else cost = cost·k + latency·(1 − k), where k = e^(−Δt/τ), Δt is the time since the last outcome and τ the
/// decay; while nothing comes the cost fades as e^(−Δt/τ). Source: Finagle, PeakEwma. A failure may raise the cost and never lowers or
/// begins it, the cost does not fade while the last outcome was one, and outcomes and failures are counted with the same decay, so that failing
/// fast does not look fast. Source: envoy#32942.
/// Writers take turns by a flag, for a few nanoseconds; readers read one number.
/// </remarks>
internal sealed class LatencyCell(TimeSpan decay)
{
    /// <summary>A cost never fades below it, in milliseconds: what is in flight must still count.</summary>
    private const double LeastCost = 1e-6;

    private readonly double _decay = decay.TotalSeconds;
    private double _cost = double.NaN;
    private double _handicap = 1;
    private double _total;
    private double _failures;
    private double _stamp;
    private bool _failedLast;
    private double _lastOutcome = double.NaN;
    private int _writing;

    public TimeSpan Decay { get; } = decay;

    /// <summary>Decayed peak latency, in milliseconds; NaN before the first success.</summary>
    public double Cost => Volatile.Read(ref _cost);

    /// <summary>What failures multiply the cost by: 1 / (1 − failures/(outcomes + 1)), both decayed.</summary>
    public double Handicap => Volatile.Read(ref _handicap);

    /// <summary>Monotonic time of the last outcome, in seconds; NaN before the first.</summary>
    public double LastOutcome => Volatile.Read(ref _lastOutcome);

    /// <summary>The same latency, from now on apart.</summary>
    public LatencyCell Copy()
    {
        Enter();
        var copy = new LatencyCell(Decay)
        {
            _cost = _cost,
            _handicap = _handicap,
            _total = _total,
            _failures = _failures,
            _stamp = _stamp,
            _failedLast = _failedLast,
            _lastOutcome = _lastOutcome,
        };
        Leave();
        return copy;
    }

    /// <summary>Takes in one outcome.</summary>
    /// <param name="milliseconds">Latency; zero or more.</param>
    /// <param name="failed">Whether the server failed.</param>
    /// <param name="now">Monotonic time, in seconds.</param>
    public void Observe(double milliseconds, bool failed, double now)
    {
        Enter();
        var k = Pass(now);
        _total++;
        _failures += failed ? 1 : 0;
        _failedLast = failed;
        Volatile.Write(ref _lastOutcome, now);
        if (milliseconds > _cost || (double.IsNaN(_cost) && !failed))
        {
            Volatile.Write(ref _cost, Math.Max(LeastCost, milliseconds));
        }
        else if (!failed)
        {
            Volatile.Write(ref _cost, Math.Max(LeastCost, (_cost * k) + (milliseconds * (1 - k))));
        }
        Leave();
    }

    /// <summary>Lets the cost fade to what it is now. Called every so often: what is seen in between is what it was at the last call.</summary>
    public void Fade(double now)
    {
        if (Volatile.Read(ref _stamp) == 0)
        {
            return;
        }
        Enter();
        var k = Pass(now);
        if (!_failedLast && !double.IsNaN(_cost))
        {
            Volatile.Write(ref _cost, Math.Max(LeastCost, _cost * k));
        }
        Leave();
    }

    /// <summary>Decays what was counted, and gives the factor for the cost.</summary>
    private double Pass(double now)
    {
        var k = Math.Exp(-Math.Max(0, now - _stamp) / _decay);
        _stamp = Math.Max(_stamp, now);
        (_total, _failures) = (_total * k, _failures * k);
        return k;
    }

    private void Enter()
    {
        var wait = default(SpinWait);
        while (Interlocked.CompareExchange(ref _writing, 1, 0) != 0)
        {
            wait.SpinOnce();
        }
    }

    private void Leave()
    {
        Volatile.Write(ref _handicap, 1 / (1 - (_failures / (_total + 1))));
        Volatile.Write(ref _writing, 0);
    }
}
