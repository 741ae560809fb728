using Athena.Engine.Farms;
using Athena.Engine.Leases;

namespace Athena.Engine.Policies;

/// <summary>Latencies by the number in flight: <see cref="LatencyLine"/>. A member without an outcome takes the median for one alone, for each in flight.</summary>
internal readonly struct LineLatencies : ILatencies<LineLatencies>
{
    private readonly LatencyLine[] _lines;

    private LineLatencies(LatencyLine[] lines) => _lines = lines;

    public static LineLatencies Of(IReadOnlyList<Member> members, TimeSpan decay) => new([.. members.Select(m => m.Server.Cells.Latency.GetOrAddLine(decay))]);

    public static double Assumed(double median, long inFlight) => median * inFlight;

    public double At(int place, long inFlight) => _lines[place].At(inFlight);

    public void Fade(int place, double now) => _lines[place].Fade(now);
}
