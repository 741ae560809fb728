namespace Athena.Engine.Leases;

/// <summary>How many decisions in a second chose one server, decayed with 10 s.</summary>
/// <remarks>Decayed count over decayed time, k = e^(−Δt/10 s) at each look: right from the second look on. Looked at by the refresher's thread alone.</remarks>
internal sealed class DecisionRate
{
    private const double Decay = 10;

    /// <summary>Looks closer together than this are one: several farms may have the server.</summary>
    private const double LeastSpan = 0.05;

    private double _perSecond;
    private double _count;
    private double _time;
    private double _stamp = double.NaN;
    private long _chosen;

    /// <summary>Decisions in a second at the last look; 0 before the second.</summary>
    public double PerSecond => Volatile.Read(ref _perSecond);

    /// <summary>The same rate, from now on apart.</summary>
    public DecisionRate Copy() => (DecisionRate)MemberwiseClone();

    /// <summary>Takes in the time since the last look.</summary>
    /// <param name="chosen">Times the server was chosen, ever.</param>
    /// <param name="now">Monotonic time, in seconds.</param>
    public void Look(long chosen, double now)
    {
        if (now - _stamp < LeastSpan)
        {
            return;
        }
        if (!double.IsNaN(_stamp))
        {
            var span = now - _stamp;
            var k = Math.Exp(-span / Decay);
            (_count, _time) = ((_count * k) + (chosen - _chosen), (_time * k) + span);
            Volatile.Write(ref _perSecond, _count / _time);
        }
        (_stamp, _chosen) = (now, chosen);
    }
}
