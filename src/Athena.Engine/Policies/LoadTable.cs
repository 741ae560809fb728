using Athena.Engine.Farms;

namespace Athena.Engine.Policies;

/// <summary>What the members of a group are likely to carry, by what they reported: sum of coefficient · statistic.</summary>
/// <remarks>
/// Each statistic is raised by its cost for each hand-out since the report and lowered by it for each lease that has ended since, as <see cref="ReportedStatistic"/> has them.
/// While its snapshot is published, what a pick needs of a member lies in one entry of an array, kept current by reports; with `Pick=best` the scores
/// lie on boards; infinite while over share.
/// No lock. Two threads that work out one entry at once may leave the older value, until its next change or refresh.
/// </remarks>
internal sealed partial class LoadTable : ScoredTable, ICountsHandOuts, ICopied
{
    /// <summary>Largest group whose picks take medians anew; those of larger ones wait for the refresher.</summary>
    private const int SmallGroup = 64;

    private readonly Member[] _members;
    private readonly LoadOptions _options;
    private readonly ReportedStatistic[] _terms;
    private readonly HandOutMark[] _atMedian;
    private readonly Entry[] _entries;
    private double _usualLoad;
    private volatile bool _isStale = true;
    private volatile bool _hasUnknown = true;
    private volatile bool _hasReports;

    public LoadTable(IReadOnlyList<Member> members, LoadOptions options)
        : this([.. members], options, new HandOutMark[members.Count], copied: null)
    {
    }

    private LoadTable(Member[] members, LoadOptions options, HandOutMark[] atMedian, ReportedStatistic[]? copied)
        : base(members, hasBoards: options.Rule.Pick == PickMode.Best)
    {
        (_members, _options, _atMedian) = (members, options, atMedian);
        // A set cost is one of the whole score: the first term carries it.
        _terms = copied ?? [.. options.Statistics.Select((s, k) => new ReportedStatistic(members, s.Name, options, atMedian,
            !HasSetCost ? double.NaN : k == 0 ? options.HandOutCost / s.Coefficient : 0))];
        // Several terms may have been reported at different times: they have no one count of hand-outs since.
        _entries = _terms.Length == 1 ? Array.ConvertAll(members, m => new Entry { Counters = m.Counters }) : [];
        Draws = WeightedDraw.Prepare(members);
        Shares = Boards is null ? null : new HandOutShares(members, options.MaxShare);
    }

    public AliasTable? Draws { get; }

    public HandOutShares? Shares { get; private init; }

    protected override bool HasNumbers => _hasReports;

    private bool HasSetCost => !double.IsNaN(_options.HandOutCost);

    public int Pick(in PickContext context)
    {
        if (_isStale && (!_hasReports || (_members.Length <= SmallGroup && (_hasUnknown || _options.Rule.Pick == PickMode.Proportional))))
        {
            RenewNow();
        }
        if (!_hasReports)
        {
            return WeightedDraw.Pick(context, Draws, Draw.Bits(context.Seed));
        }
        return _options.Rule.Pick switch
        {
            PickMode.Best => Best(context, new LoadsWithinShare(this)),
            _ => ScoredPick.ByRule(context, Draws, _options.Rule, new Loads(this)),
        };
    }

    /// <summary>The expected load of a member, as this thread knows it.</summary>
    public double LoadOf(int place) => LoadOf(place, CounterBlock.Mine);

    public override double BoardScore(int place, int stripe) => Shares!.IsOver(place, stripe) ? double.PositiveInfinity : LoadOf(place, stripe) / _members[place].EffectiveWeight;

    private double LoadOf(int place, int stripe)
    {
        if (!IsWatched || (uint)place >= (uint)_entries.Length)
        {
            return LoadOfTerms(place, stripe);
        }
        ref readonly var entry = ref _entries[place];
        return Math.Max(0, entry.Load + (entry.Cost * entry.Mark.Until(HandOutMark.Seen(entry.Counters, stripe, out _))));
    }

    private double LoadOfTerms(int place, int stripe)
    {
        var now = HandOutMark.Seen(_members[place].Counters, stripe, out _);
        var (load, fewest) = (0.0, long.MaxValue);
        for (var k = 0; k < _terms.Length; k++)
        {
            var number = _terms[k].Of(place);
            fewest = Math.Min(fewest, number.Mark.Until(now));
            load += _options.Statistics[k].Coefficient * number.By(now, HasSetCost ? 0 : number.Cost);
        }
        return HasSetCost ? Math.Max(0, load + (_options.HandOutCost * fewest)) : load;
    }

    public override void Reported(int place)
    {
        Shares?.Reported(place);
        if (!_isStale)
        {
            _isStale = true;
        }
        Note(place);
        base.Reported(place);
    }

    protected override void Pass(in RefreshTime time)
    {
        foreach (var term in _terms)
        {
            term.Expire(time);
        }
    }

    /// <summary>Writes down what a pick needs of a member.</summary>
    private void Note(int place)
    {
        if (place >= _entries.Length)
        {
            return;
        }
        ref var entry = ref _entries[place];
        var (number, coefficient) = (_terms[0].Of(place), _options.Statistics[0].Coefficient);
        entry.Mark = number.Mark;
        Volatile.Write(ref entry.Cost, HasSetCost ? _options.HandOutCost : coefficient * number.Cost);
        Volatile.Write(ref entry.Load, coefficient * number.Value);
    }

    protected override void Renew()
    {
        _isStale = false;
        var (reports, unknown) = (false, false);
        foreach (var term in _terms)
        {
            var known = term.Renew();
            reports |= known > 0;
            unknown |= known < _members.Length;
        }
        for (var i = 0; i < _members.Length; i++)
        {
            if (unknown)
            {
                _atMedian[i] = HandOutMark.Of(_members[i].Counters);
            }
            Note(i);
        }
        (_hasReports, _hasUnknown) = (reports, unknown);
        Span<double> loads = stackalloc double[ReportedStatistic.LargestSample];
        var step = 1 + ((_members.Length - 1) / loads.Length);
        var count = 0;
        for (var i = 0; i < _members.Length; i += step)
        {
            loads[count++] = LoadOf(i);
        }
        Volatile.Write(ref _usualLoad, Median.OrMean(loads[..count]));
    }

    /// <summary>Load as reported, what a hand-out adds to it, and what the server had been given at the report.</summary>
    private struct Entry
    {
        public double Load;
        public double Cost;
        public HandOutMark Mark;
        public ServerCounters Counters;
    }

    private readonly struct Loads(LoadTable table) : IShareCosts
    {
        public double Least => table._usualLoad / table._options.MaxShare;

        public double CostOf(in PickContext context, int place) => table.LoadOf(context.IsWhole ? place : context.Members[place].Index);
    }

    private readonly struct LoadsWithinShare(LoadTable table) : IMemberCosts
    {
        public double CostOf(in PickContext context, int place) =>
            context.Members[place].Index is var i && table.Shares!.IsOver(i, CounterBlock.Mine) ? double.PositiveInfinity : table.LoadOf(i);
    }
}
