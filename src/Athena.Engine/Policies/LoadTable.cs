using Athena.Engine.Farms;
using Athena.Engine.Statistics;

namespace Athena.Engine.Policies;

/// <summary>What the members of a group are likely to carry, by what they reported: sum of coefficient · statistic.</summary>
/// <remarks>
/// Each statistic is raised by its cost for each hand-out since the report and lowered by it for each lease that has ended since. A cost that was not learned
/// yet is the usual one of the group; none is below it divided by <see cref="LoadOptions.MaxShare"/>, so that a server that reports zero for ever
/// fills up too. A statistic that never came, or came too long ago, counts as the group's median, raised by the hand-outs since that was taken.
/// While its snapshot is published, what a pick needs of a member lies in one entry of an array, kept current by reports; with `Pick=best` the scores
/// lie in a <see cref="ScoreBoard"/>, kept current by hand-outs too, both through <see cref="LoadWatchers"/>; infinite while over share.
/// No lock. Two threads that work out one entry at once may leave the older value, until its next change or <see cref="Refresh"/>.
/// </remarks>
internal sealed partial class LoadTable : IRefreshed, IWatching, IWatchesLoad, ICountsHandOuts, ICopied
{
    /// <summary>Members looked at for a median.</summary>
    private const int LargestSample = 63;

    /// <summary>Largest group whose picks take medians anew; those of larger ones wait for the refresher.</summary>
    private const int SmallGroup = 64;

    private const double LongestSilence = 180;
    private const double ShortestSilence = 5;

    private readonly Member[] _members;
    private readonly LoadOptions _options;
    private readonly StatisticCell[] _cells;
    private readonly long[] _expired;
    private readonly HandOutMark[] _atMedian;
    private readonly double[] _medians;
    private readonly double[] _costs;
    private readonly Entry[] _entries;
    private readonly ScoreBoard? _scores;
    private double _usualLoad;
    private bool _isWatched;
    private volatile bool _isStale = true;
    private volatile bool _hasUnknown = true;
    private volatile bool _hasReports;
    private long _refreshedAt = long.MinValue;

    public LoadTable(IReadOnlyList<Member> members, LoadOptions options)
    {
        _members = [.. members];
        _options = options;
        _cells = [.. members.SelectMany(m => options.Statistics.Select(s => m.Server.Cells.Statistics.GetOrAdd(s.Name)))];
        _expired = new long[_cells.Length];
        Array.Fill(_expired, long.MinValue);
        _atMedian = new HandOutMark[_members.Length];
        _medians = new double[Terms];
        _costs = new double[Terms];
        Array.Fill(_costs, 1);
        // Several terms may have been reported at different times: they have no one count of hand-outs since.
        _entries = Terms == 1 ? [.. members.Select(m => new Entry { Counters = m.Counters })] : [];
        Draws = WeightedDraw.Prepare(members);
        if (options.Rule.Pick == PickMode.Best)
        {
            _scores = new ScoreBoard([.. members.Select(m => m.EffectiveWeight)]);
            Shares = new HandOutShares(members, options.MaxShare);
        }
    }

    public AliasTable? Draws { get; }

    public HandOutShares? Shares { get; private init; }

    public bool WantsChanges => _scores is not null;

    private int Terms => _options.Statistics.Length;

    public int Pick(in PickContext context)
    {
        if (_isStale && (!_hasReports || (_members.Length <= SmallGroup && (_hasUnknown || _options.Rule.Pick == PickMode.Proportional))))
        {
            Renew();
        }
        if (!_hasReports)
        {
            return WeightedDraw.Pick(context, Draws, Draw.Bits(context.Seed));
        }
        return _options.Rule.Pick switch
        {
            PickMode.Best => Best(context),
            _ => ScoredPick.ByRule(context, Draws, _options.Rule, new Loads(this)),
        };
    }

    /// <summary>The expected load of a member, as this thread knows it.</summary>
    public double LoadOf(int place)
    {
        if (!Volatile.Read(ref _isWatched) || (uint)place >= (uint)_entries.Length)
        {
            return LoadOfTerms(place);
        }
        ref readonly var entry = ref _entries[place];
        return Math.Max(0, entry.Load + (entry.Cost * entry.Mark.Until(HandOutMark.Seen(entry.Counters))));
    }

    private double LoadOfTerms(int place)
    {
        var now = HandOutMark.Seen(_members[place].Counters);
        var (load, fewest) = (0.0, long.MaxValue);
        for (var k = 0; k < Terms; k++)
        {
            var at = (place * Terms) + k;
            var cell = _cells[at];
            var known = IsKnown(at);
            var handOuts = (known ? cell.Mark : _atMedian[place]).Until(now);
            fewest = Math.Min(fewest, handOuts);
            var cost = double.IsNaN(_options.HandOutCost) ? CostOf(known ? cell.CarriedCost : double.NaN, _costs[k]) : 0;
            load += _options.Statistics[k].Coefficient * Math.Max(0, (known ? cell.Value : _medians[k]) + (cost * handOuts));
        }
        return double.IsNaN(_options.HandOutCost) ? load : Math.Max(0, load + (_options.HandOutCost * fewest));
    }

    public void Changed(int place)
    {
        _scores?.Set(place, Shares!.IsOver(place) ? double.PositiveInfinity : LoadOf(place) / _members[place].EffectiveWeight);
    }

    public void Reported(int place)
    {
        Shares?.Reported(place);
        if (!_isStale)
        {
            _isStale = true;
        }
        Note(place);
        Changed(place);
    }

    public void Watch()
    {
        for (var i = 0; i < _members.Length; i++)
        {
            _members[i].Server.Cells.Watch(this, i);
        }
        Renew();
        Volatile.Write(ref _isWatched, true);
    }

    public void Unwatch()
    {
        Volatile.Write(ref _isWatched, false);
        foreach (var member in _members)
        {
            member.Server.Cells.Unwatch(this);
        }
    }

    public void Refresh(in RefreshTime time)
    {
        // Period as work: 10 us a member.
        if (_refreshedAt != long.MinValue && time.SecondsSince(_refreshedAt) < _members.Length * 1e-5)
        {
            return;
        }
        _refreshedAt = time.Timestamp;
        for (var at = 0; at < _cells.Length; at++)
        {
            var cell = _cells[at];
            if (cell.IsReported && cell.ReportedAt is var reportedAt && time.SecondsSince(reportedAt) > LongestAge(cell, time.Frequency))
            {
                Volatile.Write(ref _expired[at], reportedAt);
            }
        }
        Renew();
    }

    private double LongestAge(StatisticCell cell, long frequency) => _options.Expiration?.TotalSeconds
        ?? (cell.Interval == 0 ? LongestSilence : Math.Max(ShortestSilence, 3.0 * cell.Interval / frequency));

    private bool IsKnown(int at) => _cells[at].IsReported && _cells[at].ReportedAt != Volatile.Read(ref _expired[at]);

    private double CostOf(double learned, double usual) => double.IsNaN(learned) ? usual : Math.Max(learned, usual / _options.MaxShare);

    private int Best(in PickContext context)
    {
        if (_scores is not { } scores || !Volatile.Read(ref _isWatched))
        {
            return ScoredPick.Best(context, new LoadsWithinShare(this));
        }
        // Who is over its share has no score until its own next change or the next refresh; when that is everybody, until now.
        for (var k = 0; k < 2; k++)
        {
            var place = context.IsWhole ? scores.Pick(context.Seed) : LeastOf(context, scores);
            if (place >= 0)
            {
                return place;
            }
            Renew();
        }
        return ScoredPick.Best(context, new LoadsWithinShare(this));
    }

    /// <summary>The least score of filtered members; -1 when all are infinite.</summary>
    private static int LeastOf(in PickContext context, ScoreBoard scores)
    {
        var ties = new ScoredPick.Ties(context.Seed);
        for (var i = 0; i < context.Members.Length; i++)
        {
            var score = scores[context.Members[i].Index];
            if (!double.IsPositiveInfinity(score))
            {
                ties.Offer(i, score, context.Members[i].EffectiveWeight);
            }
        }
        return ties.Best;
    }

    /// <summary>Writes down what a pick needs of a member.</summary>
    private void Note(int place)
    {
        if (place >= _entries.Length)
        {
            return;
        }
        ref var entry = ref _entries[place];
        var (cell, known, coefficient) = (_cells[place], IsKnown(place), _options.Statistics[0].Coefficient);
        var cost = double.IsNaN(_options.HandOutCost) ? coefficient * CostOf(known ? cell.CarriedCost : double.NaN, _costs[0]) : _options.HandOutCost;
        entry.Mark = known ? cell.Mark : _atMedian[place];
        Volatile.Write(ref entry.Cost, cost);
        Volatile.Write(ref entry.Load, coefficient * (known ? cell.Value : _medians[0]));
    }

    /// <summary>Takes the medians anew, and with them all that rests on them.</summary>
    private void Renew()
    {
        _isStale = false;
        Span<double> loads = stackalloc double[LargestSample];
        Span<double> costs = stackalloc double[LargestSample];
        var (reports, unknown) = (false, false);
        for (var k = 0; k < Terms; k++)
        {
            var known = 0;
            for (var i = 0; i < _members.Length; i++)
            {
                known += IsKnown((i * Terms) + k) ? 1 : 0;
            }
            reports |= known > 0;
            unknown |= known < _members.Length;
            var (taken, learned) = Sample(k, 1 + ((known - 1) / LargestSample), loads, costs);
            _costs[k] = learned == 0 ? 1 : Median.Of(costs[..learned]);
            _medians[k] = taken == 0 ? 0 : Median.Of(loads[..taken]);
        }
        for (var i = 0; i < _members.Length; i++)
        {
            if (unknown)
            {
                _atMedian[i] = HandOutMark.Of(_members[i].Counters);
            }
            Note(i);
            Changed(i);
        }
        _scores?.Recount();
        (_hasReports, _hasUnknown) = (reports, unknown);
        var step = 1 + ((_members.Length - 1) / LargestSample);
        var count = 0;
        for (var i = 0; i < _members.Length && count < LargestSample; i += step)
        {
            loads[count++] = LoadOf(i);
        }
        Volatile.Write(ref _usualLoad, Median.OrMean(loads[..count]));
    }

    /// <summary>Every so-manieth known load of a statistic, and the costs learned for it.</summary>
    private (int Loads, int Costs) Sample(int term, int step, Span<double> loads, Span<double> costs)
    {
        var (known, taken, learned) = (0, 0, 0);
        for (var i = 0; i < _members.Length && taken < LargestSample; i++)
        {
            var cell = _cells[(i * Terms) + term];
            if (!IsKnown((i * Terms) + term) || known++ % step != 0)
            {
                continue;
            }
            // A set cost is one of the whole score: the first term carries it.
            var cost = double.IsNaN(_options.HandOutCost) ? CostOf(cell.CarriedCost, _costs[term])
                : term == 0 ? _options.HandOutCost / _options.Statistics[0].Coefficient : 0;
            loads[taken++] = Math.Max(0, cell.Value + (cost * cell.Mark.Until(HandOutMark.Seen(_members[i].Counters))));
            if (!double.IsNaN(cell.CarriedCost))
            {
                costs[learned++] = cell.CarriedCost;
            }
        }
        return (taken, learned);
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
            context.Members[place].Index is var i && table.Shares!.IsOver(i) ? double.PositiveInfinity : table.LoadOf(i);
    }
}
