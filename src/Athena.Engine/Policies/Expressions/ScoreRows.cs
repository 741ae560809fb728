using Athena.Engine.Farms;
using Athena.Engine.Leases;
using Athena.Engine.Statistics;

namespace Athena.Engine.Policies.Expressions;

/// <summary>The numbers of a group's members that a formula reads, a row for each member, laid out as <see cref="Formula.Slots"/> says.</summary>
/// <remarks>
/// As in <see cref="LoadTable"/>: a number that never came, or came too long ago, is the group's median; what a hand-out costs is learned, the median where it
/// is not known, and never less than that divided by <see cref="LoadOptions.MaxShare"/>. Written by reports and renewals, read by picks, without a lock.
/// </remarks>
internal sealed class ScoreRows
{
    /// <summary>Members looked at for a median.</summary>
    public const int LargestSample = 127;

    private const double LongestSilence = 180;
    private const double ShortestSilence = 5;

    /// <summary>As `peak_ewma` has it by default.</summary>
    private static readonly TimeSpan LatencyDecay = TimeSpan.FromSeconds(10);

    private readonly Member[] _members;
    private readonly Formula _formula;
    private readonly LoadOptions _options;
    private readonly double[][] _rows;
    private readonly StatisticCell[][] _cells;
    private readonly long[][] _expired;
    private readonly LatencyCell[]? _latencies;
    private readonly long[] _chosenAtMedian;
    private readonly double[] _medians;
    private readonly double[] _costs;
    private readonly bool _looksAtRate;
    private volatile bool _hasReports;
    private volatile bool _hasUnknown = true;
    private double _leadCost = 1;
    private RefreshTime _now;

    public ScoreRows(Member[] members, Formula formula, LoadOptions options, RefreshTime now)
    {
        (_members, _formula, _options, _now) = (members, formula, options, now);
        _cells = Array.ConvertAll(members, m => Array.ConvertAll(formula.Statistics, m.Server.Cells.Statistics.GetOrAdd));
        _expired = Array.ConvertAll(members, _ => Enumerable.Repeat(long.MinValue, formula.Statistics.Length).ToArray());
        _rows = Array.ConvertAll(members, _ => new double[formula.RowLength]);
        _latencies = formula.Slots.Any(s => s.Kind is InputKind.Latency or InputKind.ErrorRate)
            ? Array.ConvertAll(members, m => m.Server.Cells.Latency.GetOrAdd(LatencyDecay)) : null;
        _looksAtRate = formula.Slots.Any(s => s.Kind == InputKind.Rate);
        _chosenAtMedian = new long[members.Length];
        _medians = new double[formula.Slots.Length];
        _costs = new double[formula.Slots.Length];
        Array.Fill(_costs, 1);
    }

    /// <summary>Whether anybody has reported what the formula cannot do without.</summary>
    public bool HasReports => _hasReports;

    /// <summary>Whether anybody lacks a number, so that a report of another one changes its score.</summary>
    public bool HasUnknown => _hasUnknown;

    /// <summary>Whether the formula reads what outcomes of leases change.</summary>
    public bool ReadsOutcomes => _latencies is not null;

    /// <summary>The row of a member.</summary>
    public double[] this[int place] => _rows[place];

    /// <summary>The same rows, for copies of the members, from now on apart.</summary>
    public ScoreRows CopyFor(Member[] members)
    {
        var copy = new ScoreRows(members, _formula, _options, _now) { _hasReports = _hasReports, _hasUnknown = _hasUnknown, _leadCost = _leadCost };
        for (var i = 0; i < members.Length; i++)
        {
            _rows[i].CopyTo(copy._rows[i], 0);
            _expired[i].CopyTo(copy._expired[i], 0);
        }
        _chosenAtMedian.CopyTo(copy._chosenAtMedian, 0);
        _medians.CopyTo(copy._medians, 0);
        _costs.CopyTo(copy._costs, 0);
        return copy;
    }

    /// <summary>Age of a slot's number, in seconds; null where it has none.</summary>
    public double? AgeOf(int place, Slot slot) =>
        slot.Statistic >= 0 && IsKnown(place, slot.Statistic) ? Math.Max(0, _now.SecondsSince(_cells[place][slot.Statistic].ReportedAt)) : null;

    /// <summary>Brings to now what time alone changes.</summary>
    public void Pass(in RefreshTime now)
    {
        _now = now;
        for (var i = 0; i < _members.Length; i++)
        {
            for (var k = 0; k < _cells[i].Length; k++)
            {
                var cell = _cells[i][k];
                if (cell.IsReported && cell.ReportedAt is var reportedAt && now.SecondsSince(reportedAt) > LongestAge(cell, now.Frequency))
                {
                    Volatile.Write(ref _expired[i][k], reportedAt);
                }
            }
            _latencies?[i].Fade(now.Timestamp / (double)now.Frequency);
            if (_looksAtRate)
            {
                _members[i].Server.Cells.Rate.Look(_members[i].Server.Cells.Chosen, now.Timestamp / (double)now.Frequency);
            }
        }
    }

    /// <summary>Takes the medians anew, and with them all rows.</summary>
    public void Renew()
    {
        Span<double> numbers = stackalloc double[LargestSample];
        Span<double> costs = stackalloc double[LargestSample];
        var (reports, unknown) = (!_formula.NeedsReports, false);
        for (var s = 0; s < _formula.Slots.Length; s++)
        {
            var slot = _formula.Slots[s];
            if (slot.Kind is not (InputKind.Statistic or InputKind.Age or InputKind.Latency))
            {
                continue;
            }
            var known = 0;
            for (var i = 0; i < _members.Length; i++)
            {
                known += double.IsNaN(Known(i, slot)) ? 0 : 1;
            }
            unknown |= known < _members.Length;
            reports |= known > 0 && slot is { Statistic: >= 0, OrAbsent: false };
            var (taken, learned) = Sample(s, 1 + ((known - 1) / LargestSample), numbers, costs);
            _costs[s] = learned == 0 ? 1 : Median.Of(costs[..learned]);
            _medians[s] = taken == 0 ? 0 : Median.Of(numbers[..taken]);
        }
        _leadCost = UsualLeadCost(costs);
        for (var i = 0; i < _members.Length; i++)
        {
            Volatile.Write(ref _chosenAtMedian[i], _members[i].Counters.Settle());
            Fill(i);
        }
        Aggregate(numbers);
        (_hasReports, _hasUnknown) = (reports, unknown);
    }

    /// <summary>Writes a member's row anew, aggregates as they were.</summary>
    public void Fill(int place)
    {
        var (row, cells, server) = (_rows[place], _members[place].Server.Cells, _members[place].Server);
        var chosen = cells.Chosen;
        for (var s = 0; s < _formula.Slots.Length; s++)
        {
            var slot = _formula.Slots[s];
            switch (slot.Kind)
            {
                case InputKind.Statistic or InputKind.Age:
                    var number = Known(place, slot);
                    var isKnown = !double.IsNaN(number);
                    row[slot.At] = isKnown || slot.OrAbsent ? number : _medians[s];
                    if (slot.IsRaised)
                    {
                        var cell = _cells[place][slot.Statistic];
                        row[slot.At + 1] = CostOf(isKnown ? cell.LearnedCost : double.NaN, _costs[s]);
                        row[slot.At + 2] = isKnown ? chosen - cell.HandOutsSince(chosen) : _chosenAtMedian[place];
                    }
                    break;
                case InputKind.SinceReport:
                    row[slot.At] = chosen - cells.Statistics.HandOutsSinceReport;
                    break;
                case InputKind.Weight:
                    row[slot.At] = _members[place].EffectiveWeight;
                    break;
                case InputKind.Rate:
                    row[slot.At] = cells.Rate.PerSecond;
                    break;
                case InputKind.SameText:
                    row[slot.At] = TextOf(server, slot.Texts!.Value.Left) == TextOf(server, slot.Texts!.Value.Right) ? 1 : 0;
                    break;
            }
        }
        FillOutcomes(place);
        FillLead(place, chosen);
    }

    /// <summary>Writes what outcomes of the member's leases change.</summary>
    public void FillOutcomes(int place)
    {
        if (_latencies is null)
        {
            return;
        }
        for (var s = 0; s < _formula.Slots.Length; s++)
        {
            var slot = _formula.Slots[s];
            if (slot.Kind == InputKind.Latency)
            {
                var latency = _latencies[place].Cost;
                _rows[place][slot.At] = double.IsNaN(latency) && !slot.OrAbsent ? _medians[s] : latency;
            }
            else if (slot.Kind == InputKind.ErrorRate)
            {
                // The handicap is 1 / (1 − failures/(outcomes + 1)).
                _rows[place][slot.At] = 1 - (1 / _latencies[place].Handicap);
            }
        }
    }

    /// <summary>Writes what a hand-out does to the score as a whole: it counts from the newest report of any of the statistics.</summary>
    private void FillLead(int place, long chosen)
    {
        var (newest, usual) = (-1L, double.NaN);
        for (var k = 0; k < _cells[place].Length; k++)
        {
            var cell = _cells[place][k];
            if (IsKnown(place, k) && chosen - cell.HandOutsSince(chosen) is var at && at > newest)
            {
                (newest, usual) = (at, cell.UsualHandOuts);
            }
        }
        _rows[place][Formula.LeadAt] = newest < 0 ? _chosenAtMedian[place] : newest;
        _rows[place][Formula.LeadCost] = CostOf(1 / usual, _leadCost);
    }

    /// <summary>Takes farm_median and farm_max over the members that have the numbers, and writes them into all rows.</summary>
    private void Aggregate(Span<double> numbers)
    {
        foreach (var slot in _formula.Slots)
        {
            if (slot.Inner is null)
            {
                continue;
            }
            var step = slot.Kind == InputKind.FarmMax ? 1 : 1 + ((_members.Length - 1) / LargestSample);
            var (count, most) = (0, double.NegativeInfinity);
            for (var i = 0; i < _members.Length; i += step)
            {
                var cells = _members[i].Server.Cells;
                if (slot.Inner(_rows[i], cells.Chosen, cells.InFlight) is var number && double.IsFinite(number))
                {
                    most = Math.Max(most, number);
                    numbers[slot.Kind == InputKind.FarmMax ? 0 : count] = number;
                    count++;
                }
            }
            var result = count == 0 ? 0 : slot.Kind == InputKind.FarmMax ? most : Median.Of(numbers[..count]);
            foreach (var row in _rows)
            {
                row[slot.At] = result;
            }
        }
    }

    /// <summary>Every so-manieth known number of a slot, by now, and the costs learned for it.</summary>
    private (int Numbers, int Costs) Sample(int s, int step, Span<double> numbers, Span<double> costs)
    {
        var slot = _formula.Slots[s];
        var (known, taken, learned) = (0, 0, 0);
        for (var i = 0; i < _members.Length && taken < LargestSample; i++)
        {
            if (Known(i, slot) is var number && (double.IsNaN(number) || known++ % step != 0))
            {
                continue;
            }
            if (slot.IsRaised)
            {
                var cell = _cells[i][slot.Statistic];
                number += CostOf(cell.LearnedCost, _costs[s]) * cell.HandOutsSince(_members[i].Server.Cells.Chosen);
                if (!double.IsNaN(cell.LearnedCost))
                {
                    costs[learned++] = cell.LearnedCost;
                }
            }
            numbers[taken++] = number;
        }
        return (taken, learned);
    }

    private double UsualLeadCost(Span<double> costs)
    {
        var learned = 0;
        var step = 1 + ((_members.Length - 1) / LargestSample);
        for (var i = 0; i < _members.Length && _formula.Statistics.Length > 0; i += step)
        {
            if (IsKnown(i, 0) && _cells[i][0].UsualHandOuts is var usual && !double.IsNaN(usual))
            {
                costs[learned++] = 1 / usual;
            }
        }
        return learned == 0 ? 1 : Median.Of(costs[..learned]);
    }

    /// <summary>The number as it was reported or measured; NaN when absent.</summary>
    private double Known(int place, Slot slot) => slot.Kind switch
    {
        InputKind.Statistic => IsKnown(place, slot.Statistic) ? _cells[place][slot.Statistic].Value : double.NaN,
        InputKind.Age => _members[place].Server.Cells.Statistics.LastReport is { } last ? Math.Max(0, _now.SecondsSince(last)) : double.NaN,
        _ => _latencies![place].Cost,
    };

    private bool IsKnown(int place, int statistic) =>
        _cells[place][statistic] is { IsReported: true } cell && cell.ReportedAt != Volatile.Read(ref _expired[place][statistic]);

    private double LongestAge(StatisticCell cell, long frequency) => _options.Expiration?.TotalSeconds
        ?? (cell.Interval == 0 ? LongestSilence : Math.Max(ShortestSilence, 3.0 * cell.Interval / frequency));

    private double CostOf(double learned, double usual) => double.IsNaN(learned) ? usual : Math.Max(learned, usual / _options.MaxShare);

    private static string TextOf(Server server, TextNode node) => node.IsLabel ? server.Definition.Labels.GetValueOrDefault(node.Text, "") : node.Text;
}
