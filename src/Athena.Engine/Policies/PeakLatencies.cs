using Athena.Engine.Farms;
using Athena.Engine.Leases;

namespace Athena.Engine.Policies;

/// <summary>Decayed peak latencies: <see cref="LatencyCell"/>. What is in flight does not change them.</summary>
internal readonly struct PeakLatencies : ILatencies<PeakLatencies>
{
    private readonly LatencyCell[] _cells;

    private PeakLatencies(LatencyCell[] cells) => _cells = cells;

    public static PeakLatencies Of(IReadOnlyList<Member> members, TimeSpan decay) => new([.. members.Select(m => m.Server.Cells.Latency.GetOrAdd(decay))]);

    public static double Assumed(double median, long inFlight) => median;

    public double At(int place, long inFlight) => _cells[place].Cost;

    /// <summary>Nothing to do: the table lets the cells fade, which also say how often members fail.</summary>
    public void Fade(int place, double now)
    {
    }
}
