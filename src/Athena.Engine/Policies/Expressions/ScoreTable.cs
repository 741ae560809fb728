using Athena.Engine.Farms;

namespace Athena.Engine.Policies.Expressions;

/// <summary>A number that went into a score.</summary>
/// <param name="Name">How the expression calls it; of an absent number's own reading, with "or absent".</param>
/// <param name="Value">As the formula sees it now: with the median in place of an absent one, raised by hand-outs. NaN: absent, inside of coalesce.</param>
/// <param name="Age">Seconds since it was reported; null where that means nothing.</param>
internal readonly record struct ScoreTerm(string Name, double Value, double? Age);

/// <summary>Scores of a group's members by a formula, and the picks from them.</summary>
/// <remarks>
/// The herd: hand-outs since the report raise the statistics of which more is worse, leases that have ended since lower them. Where the formula has none of them, or its direction
/// cannot be told, they make the score as a whole worse: cost · (1 + h/usual), worth / (1 + h/usual), usual being the hand-outs from one report to the next. A set cost is
/// added to a cost, taken from a worth. With `Pick=best` the scores lie on boards. What is not a finite number sorts last.
/// </remarks>
internal sealed partial class ScoreTable : ScoredTable, ICountsHandOuts, ICopied
{
    /// <summary>Largest group whose picks take medians anew; those of larger ones wait for the refresher.</summary>
    private const int SmallGroup = 64;

    /// <summary>In proportional shares, the cost of who has no worth: next to no share.</summary>
    private const double LargestCost = 1e300;

    private readonly Member[] _members;
    private readonly ExpressionOptions _options;
    private readonly Formula _formula;
    private ScoreRows _rows;
    private readonly FarmCells? _farm;
    private readonly bool _needsOthers;
    private double _usualCost;
    private double _leastScore;
    private bool _leasesSeen;
    private volatile bool _isStale = true;

    public ScoreTable(PolicySetup setup, ExpressionOptions options)
        : this([.. setup.Members], setup, options)
    {
    }

    private ScoreTable(Member[] members, PolicySetup setup, ExpressionOptions options)
        : base(members, hasBoards: options.Load.Rule.Pick == PickMode.Best)
    {
        _members = members;
        (_options, _formula, _farm) = (options, options.Formula, setup.Cells);
        _rows = new ScoreRows(_members, _formula, options.Load, setup.Time);
        _needsOthers = options.Load.Rule.Pick == PickMode.Proportional || _formula.Slots.Any(s => s.Inner is not null);
        Draws = WeightedDraw.Prepare(setup.Members);
        Shares = Boards is null ? null : new HandOutShares(members, options.Load.MaxShare);
    }

    public AliasTable? Draws { get; }

    public HandOutShares? Shares { get; private init; }

    public override bool WantsChanges => base.WantsChanges || _rows.ReadsOutcomes;

    protected override bool HasNumbers => _rows.HasReports;

    public int Pick(in PickContext context)
    {
        if (_isStale && (!_rows.HasReports || (_members.Length <= SmallGroup && (_needsOthers || _rows.HasUnknown))))
        {
            RenewNow();
        }
        var rule = _options.Load.Rule;
        if (!_rows.HasReports)
        {
            return WeightedDraw.Pick(context, Draws, Draw.Bits(context.Seed));
        }
        return rule.Pick switch
        {
            PickMode.Best => Best(context, new Ordered(this, Shares)),
            PickMode.Proportional => ScoredPick.Proportional(context, Draws, _usualCost / _options.Load.MaxShare, new Shared(this)),
            _ => ScoredPick.BetterOfTwo(context, Draws, rule.Beta, new Ordered(this, shares: null)),
        };
    }

    /// <summary>What the formula gives for a member, hand-outs since its report included; NaN where that is not finite.</summary>
    public double ScoreOf(int place) => ScoreAsKnown(place, CounterBlock.Mine);

    /// <summary>Least first: what is no number after all others, infinity for those over their share.</summary>
    public override double BoardScore(int place, int stripe) => Shares!.IsOver(place, stripe) ? double.PositiveInfinity
        : ScoreAsKnown(place, stripe) is var score && double.IsNaN(score) ? double.MaxValue : ForWeight(score, place);

    private double ScoreAsKnown(int place, int stripe)
    {
        var now = HandOutMark.Seen(_members[place].Counters, stripe, out var chosen);
        ref readonly var lead = ref _rows.LeadOf(place);
        var handOuts = lead.Mark.Until(now);
        var score = _formula.Evaluate(_rows[place], chosen, handOuts, now.InFlight);
        if (!_formula.IsRaised && _options.Load.HandOutCost != 0)
        {
            score = Burdened(score, handOuts, lead.Cost);
        }
        if (double.IsFinite(score))
        {
            return score;
        }
        _farm?.ScoreWasInvalid();
        return double.NaN;
    }

    /// <summary>The numbers that went into a member's score, each once, in the order of their first use; what the formula means by them.</summary>
    public void Terms(int place, List<ScoreTerm> terms)
    {
        var now = HandOutMark.Seen(_members[place].Counters, CounterBlock.Mine, out var chosen);
        foreach (var slot in _formula.Slots)
        {
            terms.Add(new ScoreTerm(slot.OrAbsent ? slot.Name + " or absent" : slot.Name, slot.Of(_rows[place], chosen, _rows.LeadOf(place).Mark.Until(now), now.InFlight), _rows.AgeOf(place, slot)));
        }
    }

    public override void Ended(int place)
    {
        _rows.FillOutcomes(place);
        base.Ended(place);
    }

    public override void Reported(int place)
    {
        Shares?.Reported(place);
        if (!_isStale)
        {
            _isStale = true;
        }
        _rows.Fill(place);
        base.Reported(place);
    }

    protected override void Pass(in RefreshTime time) => _rows.Pass(time);

    private double Burdened(double score, double handOuts, double cost)
    {
        if (!double.IsNaN(_options.Load.HandOutCost))
        {
            return _options.IsWorth ? score - (_options.Load.HandOutCost * handOuts) : score + (_options.Load.HandOutCost * handOuts);
        }
        if (_formula.CountsHandOuts || (_formula.CountsLeases && _leasesSeen))
        {
            return score;
        }
        // Ended leases take off at most what a share may differ by.
        var burden = Math.Max(cost * handOuts, (1 / _options.Load.MaxShare) - 1);
        return !_options.IsWorth ? score + (burden * Math.Max(Math.Abs(score), _leastScore))
            : score > 0 ? score / (1 + burden)
            : score - (burden * Math.Max(-score, _leastScore));
    }

    /// <summary>A score for the member's weight, least first. More weight is better, whatever the score's sign.</summary>
    private double ForWeight(double score, int place)
    {
        var cost = _options.IsWorth ? -score : score;
        var weight = _members[place].EffectiveWeight;
        return _formula.UsesWeight ? cost : cost >= 0 ? cost / weight : cost * weight;
    }

    /// <summary>Cost from which shares follow as weight / cost.</summary>
    private double ShareCost(int place)
    {
        var score = ScoreOf(place);
        var cost = double.IsNaN(score) ? LargestCost : !_options.IsWorth ? Math.Max(0, score) : score > 0 ? 1 / score : LargestCost;
        return Math.Min(LargestCost, _formula.UsesWeight ? cost * _members[place].EffectiveWeight : cost);
    }

    protected override void Renew()
    {
        _isStale = false;
        _rows.Renew();
        Span<double> costs = stackalloc double[ReportedStatistic.LargestSample];
        Span<double> scores = stackalloc double[ReportedStatistic.LargestSample];
        var step = 1 + ((_members.Length - 1) / ReportedStatistic.LargestSample);
        var (count, finite, leases) = (0, 0, _leasesSeen);
        for (var i = 0; i < _members.Length; i += step)
        {
            leases |= _members[i].Server.Cells.InFlight > 0;
            if (ShareCost(i) is var cost && cost < LargestCost)
            {
                costs[count++] = cost;
            }
            if (ScoreOf(i) is var score && !double.IsNaN(score))
            {
                scores[finite++] = Math.Abs(score);
            }
        }
        _leasesSeen = leases;
        Volatile.Write(ref _usualCost, count == 0 ? 0 : Median.OrMean(costs[..count]));
        Volatile.Write(ref _leastScore, finite == 0 ? 0 : Median.OrMean(scores[..finite]) / _options.Load.MaxShare);
    }

    /// <summary>Costs to compare: what <see cref="ScoredPick"/> divides by weight.</summary>
    private readonly struct Ordered(ScoreTable table, HandOutShares? shares) : IMemberCosts
    {
        public double CostOf(in PickContext context, int place)
        {
            var i = context.Members[place].Index;
            var score = shares is not null && shares.IsOver(i, CounterBlock.Mine) ? double.NaN : table.ScoreOf(i);
            return double.IsNaN(score) ? double.PositiveInfinity : table.ForWeight(score, i) * context.Members[place].EffectiveWeight;
        }
    }

    /// <summary>Costs to share by.</summary>
    private readonly struct Shared(ScoreTable table) : IMemberCosts
    {
        public double CostOf(in PickContext context, int place) => table.ShareCost(context.Members[place].Index);
    }
}
