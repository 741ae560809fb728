using Athena.Engine.Explaining;
using Athena.Engine.Farms;
using Athena.Engine.Leases;

namespace Athena.Engine.Policies;

/// <summary>How long work would take that a group's members began now: the expected latency, raised by failures, times what is in flight with it.</summary>
/// <remarks>
/// Cost = latency(n) · n / (1 − failures/(outcomes + 1)), n = in flight + 1. A member without an outcome counts as the group's median; before the first of
/// all picks go as those of <see cref="LeastRequestsPolicy"/>. Latencies fade, so that who was slow is tried again; but who is silent for longer than the decay counts at least as a
/// part of the median, for a server that takes work and never ends it must not look idle. With `Pick=best` the scores of larger groups lie on boards, kept current by leases, by their
/// outcomes and as latencies fade.
/// </remarks>
internal sealed class LatencyTable<T> : ScoredTable, ICopied
    where T : struct, ILatencies<T>
{
    /// <summary>Members looked at for a median, and largest group whose scores are worked out at each pick: to keep so few current costs a lease more.</summary>
    private const int LargestSample = 63;

    private readonly Member[] _members;
    private readonly LatencyOptions _options;
    private readonly T _latencies;
    private readonly LatencyCell[] _cells;
    private readonly RequestTable _requests;

    /// <summary>Least latency of those who are silent, for one alone; of others zero.</summary>
    private readonly double[] _least;
    private double _usual = double.NaN;
    private double _usualCost = double.NaN;

    /// <summary>Monotonic time of the last look, in seconds; NaN before any.</summary>
    private double _now;

    public LatencyTable(PolicySetup setup, LatencyOptions options)
        : this([.. setup.Members], options) => _now = setup.Time.Seconds;

    private LatencyTable(Member[] members, LatencyOptions options)
        : base(members, hasBoards: options.Rule.Pick == PickMode.Best && members.Length > LargestSample)
    {
        (_members, _options) = (members, options);
        (_latencies, _cells) = (T.Of(members, options.Decay), Array.ConvertAll(members, m => m.Server.Cells.Latency.GetOrAdd(options.Decay)));
        (_requests, _least) = (new RequestTable(members), new double[members.Length]);
    }

    protected override bool WantsReports => false;

    /// <summary>Whether any member has had a success. A group too large to be sampled whole knows from the next refresh on.</summary>
    protected override bool HasNumbers => !double.IsNaN(Usual);

    private double Usual => Volatile.Read(ref _usual) is var usual && double.IsNaN(usual) && _members.Length <= LargestSample ? Sample(inFlight: false) : usual;

    public int Pick(in PickContext context)
    {
        if (!HasNumbers)
        {
            return LeastRequestsPolicy.Pick(context, _requests, choices: 2, bias: 1);
        }
        return _options.Rule.Pick == PickMode.Best ? Best(context, new Costs(this)) : ScoredPick.ByRule(context, _requests.Draws, _options.Rule, new Costs(this));
    }

    /// <summary>Expected latency, in milliseconds, of work begun as one of so many in flight, raised by failures; of a member without an outcome the median, 1 while nobody has one.</summary>
    public double LatencyOf(int place, long inFlight)
    {
        var latency = _latencies.At(place, inFlight);
        if (double.IsNaN(latency))
        {
            latency = Usual is var usual && double.IsNaN(usual) ? 1 : T.Assumed(usual, inFlight);
        }
        else if (Volatile.Read(ref _least[place]) is > 0 and var least)
        {
            latency = Math.Max(latency, T.Assumed(least, inFlight));
        }
        return latency * _cells[place].Handicap;
    }

    public override double BoardScore(int place, int stripe) => CostOf(place) / _members[place].EffectiveWeight;

    /// <summary>Counts leases alone, of which all stripes are told at once.</summary>
    public override void HandedOut(int place, bool isTold)
    {
        if (isTold)
        {
            base.HandedOut(place, isTold);
        }
    }

    /// <summary>Reports change nothing here.</summary>
    public override void Reported(int place)
    {
    }

    public object CopyFor(IReadOnlyList<Member> members)
    {
        var copy = new LatencyTable<T>([.. members], _options) { _usual = Volatile.Read(ref _usual), _usualCost = Volatile.Read(ref _usualCost), _now = _now };
        _least.CopyTo(copy._least, 0);
        copy.StandAs(this);
        return copy;
    }

    public void Explain(in PickContext context, PickTrace trace)
    {
        if (!HasNumbers)
        {
            LeastRequestsPolicy.Explain(context, _requests, choices: 2, bias: 1, trace);
            return;
        }
        ExplainTerms(context, trace);
        if (_options.Rule.Pick == PickMode.Best)
        {
            trace.Best(context, new Costs(this), Board);
        }
        else
        {
            trace.ByRule(context, _requests.Draws, _options.Rule, new Costs(this));
        }
    }

    /// <summary>What goes into a member's cost: the latency to expect by the number in flight, what failures multiply it by, in flight.</summary>
    public void ExplainTerms(in PickContext context, PickTrace trace)
    {
        for (var i = 0; i < context.Members.Length; i++)
        {
            var (place, inFlight) = (context.Members[i].Index, context.Members[i].Counters.InFlight);
            var (cell, latency) = (_cells[place], LatencyOf(place, inFlight + 1) / _cells[place].Handicap);
            // More than it is known by may be a rounding of the division.
            var isKnown = latency <= _latencies.At(place, inFlight + 1) * 1.000001;
            trace.TermSince(i, "latency", latency, cell.LastOutcome, assumed: !isKnown);
            trace.Term(i, "failure_factor", cell.Handicap);
            trace.Term(i, "in_flight", inFlight);
        }
    }

    protected override void Pass(in RefreshTime time)
    {
        _now = time.Seconds;
        for (var i = 0; i < _cells.Length; i++)
        {
            _latencies.Fade(i, _now);
            _cells[i].Fade(_now);
        }
    }

    protected override void Renew()
    {
        Volatile.Write(ref _usual, Sample(inFlight: false));
        Volatile.Write(ref _usualCost, Sample(inFlight: true));
        var silence = _options.Decay.TotalSeconds;
        for (var i = 0; i < _cells.Length; i++)
        {
            Volatile.Write(ref _least[i], _now - _cells[i].LastOutcome > silence ? _usual / PickOptions.MaxShare : 0);
        }
    }

    private double CostOf(int place)
    {
        var n = _requests.InFlight(place) + 1;
        return LatencyOf(place, n) * n;
    }

    private double Sample(bool inFlight)
    {
        Span<double> sample = stackalloc double[LargestSample];
        var count = 0;
        var step = 1 + ((_members.Length - 1) / LargestSample);
        for (var i = 0; i < _members.Length && count < LargestSample; i += step)
        {
            // Of one alone: what others have to do at this moment says nothing about one that has nothing.
            var present = inFlight ? _requests.InFlight(i) + 1 : 1;
            if (_latencies.At(i, present) is var latency && !double.IsNaN(latency))
            {
                sample[count++] = inFlight ? latency * present : latency;
            }
        }
        return count == 0 ? double.NaN : inFlight ? Median.OrMean(sample[..count]) : Median.Of(sample[..count]);
    }

    private readonly struct Costs(LatencyTable<T> table) : IShareCosts
    {
        /// <summary>By the median of latency · n: a usual cost.</summary>
        public double Least => (Volatile.Read(ref table._usualCost) is var cost && double.IsNaN(cost) ? table.Sample(inFlight: true) : cost) / PickOptions.MaxShare;

        public double CostOf(in PickContext context, int place) => table.CostOf(context.IsWhole ? place : context.Members[place].Index);
    }
}
