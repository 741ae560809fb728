using Athena.Engine.Explaining;
using Athena.Engine.Farms;
using Athena.Engine.Leases;

namespace Athena.Engine.Policies;

/// <summary>How long the work of a group's members takes by now: their decayed latencies, and the median for those without.</summary>
internal sealed class LatencyTable(IReadOnlyList<Member> members, TimeSpan decay) : IRefreshed, ICopied
{
    private const int LargestSample = 63;

    private readonly LatencyCell[] _cells = [.. members.Select(m => m.Server.Cells.Latency.GetOrAdd(decay))];
    private double _usual = double.NaN;
    private double _usualCost = double.NaN;

    /// <summary>What the members have in flight.</summary>
    public RequestTable Requests { get; } = new(members);

    /// <summary>Whether any member has had a success. A group too large to be sampled whole knows from the next refresh on.</summary>
    public bool HasOutcomes => !double.IsNaN(Usual);

    /// <summary>Median of latency · (in flight + 1): a usual cost; NaN while no outcome has come.</summary>
    public double UsualCost => Volatile.Read(ref _usualCost) is var cost && double.IsNaN(cost) ? Sample(inFlight: true) : cost;

    private double Usual => Volatile.Read(ref _usual) is var usual && double.IsNaN(usual) && _cells.Length <= LargestSample ? Sample(inFlight: false) : usual;

    /// <summary>Decayed latency, raised by failures, in milliseconds. Without an outcome the group's median; 1 while nobody has one.</summary>
    public double LatencyOf(int place)
    {
        var cell = _cells[place];
        var cost = cell.Cost;
        if (double.IsNaN(cost))
        {
            cost = Usual;
        }
        return (double.IsNaN(cost) ? 1 : cost) * cell.Handicap;
    }

    public object CopyFor(IReadOnlyList<Member> members) => new LatencyTable(members, decay) { _usual = Volatile.Read(ref _usual), _usualCost = Volatile.Read(ref _usualCost) };

    /// <summary>What goes into a member's cost: its latency, what failures multiply it by, in flight.</summary>
    public void Explain(in PickContext context, PickTrace trace)
    {
        for (var i = 0; i < context.Members.Length; i++)
        {
            var place = context.Members[i].Index;
            var cell = _cells[place];
            trace.TermSince(i, "latency", LatencyOf(place) / cell.Handicap, cell.LastOutcome, assumed: double.IsNaN(cell.Cost));
            trace.Term(i, "failure_factor", cell.Handicap);
            trace.Term(i, "in_flight", context.Members[i].Server.Cells.InFlight);
        }
    }

    public void Refresh(in RefreshTime time)
    {
        foreach (var cell in _cells)
        {
            cell.Fade(time.Timestamp / (double)time.Frequency);
        }
        Volatile.Write(ref _usual, Sample(inFlight: false));
        Volatile.Write(ref _usualCost, Sample(inFlight: true));
    }

    private double Sample(bool inFlight)
    {
        Span<double> sample = stackalloc double[LargestSample];
        var count = 0;
        var step = 1 + ((_cells.Length - 1) / LargestSample);
        for (var i = 0; i < _cells.Length && count < LargestSample; i += step)
        {
            if (_cells[i].Cost is var cost && !double.IsNaN(cost))
            {
                sample[count++] = inFlight ? cost * (Requests.InFlight(i) + 1) : cost;
            }
        }
        return count == 0 ? double.NaN : inFlight ? Median.OrMean(sample[..count]) : Median.Of(sample[..count]);
    }
}
