using Athena.Engine.Explaining;
using Athena.Engine.Farms;
using Athena.Engine.Leases;

namespace Athena.Engine.Policies;

/// <summary>How long work would take that a group's members began now: by the number each has in flight, and the median for those without an outcome.</summary>
internal sealed class LatencyLines(IReadOnlyList<Member> members, TimeSpan decay) : IRefreshed, ICopied
{
    private const int LargestSample = 63;

    private readonly LatencyLine[] _lines = [.. members.Select(m => m.Server.Cells.Latency.GetOrAddLine(decay))];
    private readonly LatencyCell[] _cells = [.. members.Select(m => m.Server.Cells.Latency.GetOrAdd(decay))];
    private double _usual = double.NaN;
    private double _usualCost = double.NaN;

    /// <summary>What the members have in flight.</summary>
    public RequestTable Requests { get; } = new(members);

    /// <summary>Whether any member has had a success. A group too large to be sampled whole knows from the next refresh on.</summary>
    public bool HasOutcomes => !double.IsNaN(Usual);

    /// <summary>Median of latency · (in flight + 1): a usual cost; NaN while no outcome has come.</summary>
    public double UsualCost => Volatile.Read(ref _usualCost) is var cost && double.IsNaN(cost) ? Sample(inFlight: true) : cost;

    private double Usual => Volatile.Read(ref _usual) is var usual && double.IsNaN(usual) && _lines.Length <= LargestSample ? Sample(inFlight: false) : usual;

    /// <summary>Expected latency, in milliseconds, of work begun as one of so many in flight, raised by failures. Without an outcome the group's median for one alone, for each in flight; 1 while nobody has one.</summary>
    public double LatencyOf(int place, long inFlight)
    {
        var latency = _lines[place].At(inFlight);
        if (double.IsNaN(latency))
        {
            latency = Usual is var usual && double.IsNaN(usual) ? 1 : usual * inFlight;
        }
        return latency * _cells[place].Handicap;
    }

    public object CopyFor(IReadOnlyList<Member> members) => new LatencyLines(members, decay) { _usual = Volatile.Read(ref _usual), _usualCost = Volatile.Read(ref _usualCost) };

    /// <summary>What goes into a member's cost: the latency to expect by the number in flight, what failures multiply it by, in flight.</summary>
    public void Explain(in PickContext context, PickTrace trace)
    {
        for (var i = 0; i < context.Members.Length; i++)
        {
            var (place, inFlight) = (context.Members[i].Index, context.Members[i].Counters.InFlight);
            var cell = _cells[place];
            trace.TermSince(i, "latency", LatencyOf(place, inFlight + 1) / cell.Handicap, cell.LastOutcome, assumed: double.IsNaN(_lines[place].At(inFlight + 1)));
            trace.Term(i, "failure_factor", cell.Handicap);
            trace.Term(i, "in_flight", inFlight);
        }
    }

    public void Refresh(in RefreshTime time)
    {
        var now = time.Timestamp / (double)time.Frequency;
        for (var i = 0; i < _lines.Length; i++)
        {
            _lines[i].Fade(now);
            _cells[i].Fade(now);
        }
        Volatile.Write(ref _usual, Sample(inFlight: false));
        Volatile.Write(ref _usualCost, Sample(inFlight: true));
    }

    private double Sample(bool inFlight)
    {
        Span<double> sample = stackalloc double[LargestSample];
        var count = 0;
        var step = 1 + ((_lines.Length - 1) / LargestSample);
        for (var i = 0; i < _lines.Length && count < LargestSample; i += step)
        {
            // Of one alone: what others have to do at this moment says nothing about one that has nothing.
            var present = inFlight ? Requests.InFlight(i) + 1 : 1;
            if (_lines[i].At(present) is var latency && !double.IsNaN(latency))
            {
                sample[count++] = inFlight ? latency * present : latency;
            }
        }
        return count == 0 ? double.NaN : inFlight ? Median.OrMean(sample[..count]) : Median.Of(sample[..count]);
    }
}
