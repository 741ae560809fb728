using Athena.Engine.Farms;
using Athena.Engine.Leases;

namespace Athena.Engine.Policies.Expressions;

/// <summary>The numbers of a group's members that a formula reads, a row for each member, laid out as <see cref="Formula.Slots"/> says.</summary>
/// <remarks>
/// What counts for a statistic is <see cref="ReportedStatistic"/>'s business; of ages and latencies too an absent one is the median. Written by reports and
/// renewals, read by picks, without a lock.
/// </remarks>
internal sealed class ScoreRows
{
    /// <summary>As `peak_ewma` has it by default.</summary>
    private static readonly TimeSpan LatencyDecay = TimeSpan.FromSeconds(10);

    private readonly Member[] _members;
    private readonly Formula _formula;
    private readonly LoadOptions _options;
    private readonly ReportedStatistic[] _statistics;
    private readonly HandOutMark[] _atMedian;
    private readonly double[][] _rows;
    private readonly Lead[] _leads;
    private readonly LatencyCell[]? _latencies;
    private readonly double[] _medians;
    private readonly bool _looksAtRate;
    private volatile bool _hasReports;
    private volatile bool _hasUnknown = true;
    private double _leadCost = 1;
    private RefreshTime _now;

    public ScoreRows(Member[] members, Formula formula, LoadOptions options, RefreshTime now)
        : this(members, formula, options, now, new HandOutMark[members.Length], copied: null)
    {
    }

    private ScoreRows(Member[] members, Formula formula, LoadOptions options, RefreshTime now, HandOutMark[] atMedian, ReportedStatistic[]? copied)
    {
        (_members, _formula, _options, _now, _atMedian) = (members, formula, options, now, atMedian);
        _statistics = copied ?? [.. formula.Statistics.Select((name, k) => new ReportedStatistic(members, name, options, atMedian,
            formula.Slots.Any(s => s.Statistic == k && s.IsRaised) ? double.NaN : 0))];
        _rows = Array.ConvertAll(members, _ => new double[formula.RowLength]);
        _leads = new Lead[members.Length];
        _latencies = formula.Slots.Any(s => s.Kind is InputKind.Latency or InputKind.ErrorRate)
            ? Array.ConvertAll(members, m => m.Server.Cells.Latency.GetOrAdd(LatencyDecay)) : null;
        _looksAtRate = formula.Slots.Any(s => s.Kind == InputKind.Rate);
        _medians = new double[formula.Slots.Length];
    }

    /// <summary>Whether anybody has reported what the formula cannot do without.</summary>
    public bool HasReports => _hasReports;

    /// <summary>Whether anybody lacks a number, so that a report of another one changes its score.</summary>
    public bool HasUnknown => _hasUnknown;

    /// <summary>Whether the formula reads what outcomes of leases change.</summary>
    public bool ReadsOutcomes => _latencies is not null;

    /// <summary>The row of a member.</summary>
    public double[] this[int place] => _rows[place];

    /// <summary>From where a member's hand-outs count, and what they do to its score as a whole.</summary>
    public ref readonly Lead LeadOf(int place) => ref _leads[place];

    /// <summary>The same rows, for copies of the members, from now on apart.</summary>
    public ScoreRows CopyFor(Member[] members)
    {
        var atMedian = _atMedian.ToArray();
        var copy = new ScoreRows(members, _formula, _options, _now, atMedian, Array.ConvertAll(_statistics, s => s.CopyFor(members, atMedian)))
        {
            _hasReports = _hasReports,
            _hasUnknown = _hasUnknown,
            _leadCost = _leadCost,
        };
        for (var i = 0; i < members.Length; i++)
        {
            _rows[i].CopyTo(copy._rows[i], 0);
        }
        _leads.CopyTo(copy._leads, 0);
        _medians.CopyTo(copy._medians, 0);
        return copy;
    }

    /// <summary>Age of a slot's number, in seconds; null where it has none.</summary>
    public double? AgeOf(int place, Slot slot) =>
        slot.Statistic >= 0 && _statistics[slot.Statistic].IsKnown(place) ? Math.Max(0, _now.SecondsSince(_statistics[slot.Statistic][place].ReportedAt)) : null;

    /// <summary>Brings to now what time alone changes.</summary>
    public void Pass(in RefreshTime now)
    {
        _now = now;
        foreach (var statistic in _statistics)
        {
            statistic.Expire(now);
        }
        for (var i = 0; i < _members.Length; i++)
        {
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
        Span<double> numbers = stackalloc double[ReportedStatistic.LargestSample];
        var (reports, unknown) = (!_formula.NeedsReports, false);
        for (var k = 0; k < _statistics.Length; k++)
        {
            var known = _statistics[k].Renew();
            unknown |= known < _members.Length;
            reports |= known > 0 && Array.Exists(_formula.Slots, s => s.Statistic == k && !s.OrAbsent);
        }
        for (var s = 0; s < _formula.Slots.Length; s++)
        {
            if (_formula.Slots[s].Kind is InputKind.Age or InputKind.Latency)
            {
                _medians[s] = MedianOf(_formula.Slots[s], numbers, out var lacking);
                unknown |= lacking;
            }
        }
        _leadCost = UsualLeadCost(numbers);
        for (var i = 0; i < _members.Length; i++)
        {
            if (unknown || _statistics.Length == 0)
            {
                _atMedian[i] = HandOutMark.Of(_members[i].Counters);
            }
            Fill(i);
        }
        Aggregate(numbers);
        (_hasReports, _hasUnknown) = (reports, unknown);
    }

    /// <summary>Writes a member's row anew, aggregates as they were.</summary>
    public void Fill(int place)
    {
        FillLead(place);
        var (row, cells, server, mark) = (_rows[place], _members[place].Server.Cells, _members[place].Server, _leads[place].Mark);
        for (var s = 0; s < _formula.Slots.Length; s++)
        {
            var slot = _formula.Slots[s];
            switch (slot.Kind)
            {
                case InputKind.Statistic:
                    var number = _statistics[slot.Statistic].Of(place);
                    row[slot.At] = number.IsKnown || !slot.OrAbsent ? number.Value : double.NaN;
                    if (slot.IsRaised)
                    {
                        row[slot.At + 1] = number.Cost;
                        row[slot.At + 2] = mark.WithoutLease + mark.InFlight - (number.Mark.WithoutLease + number.Mark.InFlight);
                    }
                    break;
                case InputKind.Age:
                    row[slot.At] = Known(place, slot) is var age && double.IsNaN(age) && !slot.OrAbsent ? _medians[s] : age;
                    break;
                case InputKind.SinceReport:
                    row[slot.At] = cells.Chosen - cells.Statistics.HandOutsSinceReport;
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

    /// <summary>Writes from where a member's hand-outs count, and what one does to the score as a whole: from the newest report of any of the statistics; where they raise statistics, from the newest mark.</summary>
    private void FillLead(int place)
    {
        var (newest, usual, mark) = (long.MinValue, double.NaN, _atMedian[place]);
        if (_formula.IsRaised)
        {
            // What was known of hand-outs then is known to all threads: none sees fewer.
            mark = _statistics[0].MarkOf(place);
            for (var k = 1; k < _statistics.Length; k++)
            {
                mark = _statistics[k].MarkOf(place) is var other && other.WithoutLease > mark.WithoutLease ? other : mark;
            }
            _leads[place] = new Lead(mark, 0);
            return;
        }
        foreach (var statistic in _statistics)
        {
            if (statistic.IsKnown(place) && statistic[place] is { ReportedAt: var at } cell && at > newest)
            {
                (newest, usual, mark) = (at, cell.UsualHandOuts, cell.Mark);
            }
        }
        _leads[place] = new Lead(mark, double.IsNaN(usual) ? _leadCost : Math.Max(1 / usual, _leadCost / _options.MaxShare));
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
            var step = slot.Kind == InputKind.FarmMax ? 1 : 1 + ((_members.Length - 1) / numbers.Length);
            var (count, most) = (0, double.NegativeInfinity);
            for (var i = 0; i < _members.Length; i += step)
            {
                var now = HandOutMark.Seen(_members[i].Counters, CounterBlock.Mine, out var chosen);
                if (slot.Inner(_rows[i], chosen, _leads[i].Mark.Until(now), now.InFlight) is var number && double.IsFinite(number))
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

    /// <summary>The median of an age or a latency; 0 when nobody has one.</summary>
    private double MedianOf(Slot slot, Span<double> numbers, out bool isLacking)
    {
        var known = 0;
        for (var i = 0; i < _members.Length; i++)
        {
            known += double.IsNaN(Known(i, slot)) ? 0 : 1;
        }
        isLacking = known < _members.Length;
        var (seen, taken, step) = (0, 0, 1 + ((known - 1) / numbers.Length));
        for (var i = 0; i < _members.Length; i++)
        {
            if (Known(i, slot) is var number && !double.IsNaN(number) && seen++ % step == 0)
            {
                numbers[taken++] = number;
            }
        }
        return taken == 0 ? 0 : Median.Of(numbers[..taken]);
    }

    private double UsualLeadCost(Span<double> costs)
    {
        var learned = 0;
        var step = 1 + ((_members.Length - 1) / costs.Length);
        for (var i = 0; i < _members.Length && _statistics.Length > 0; i += step)
        {
            if (_statistics[0].IsKnown(i) && _statistics[0][i].UsualHandOuts is var usual && !double.IsNaN(usual))
            {
                costs[learned++] = 1 / usual;
            }
        }
        return learned == 0 ? 1 : Median.Of(costs[..learned]);
    }

    /// <summary>An age or a latency as it was measured; NaN when absent.</summary>
    private double Known(int place, Slot slot) => slot.Kind == InputKind.Age
        ? _members[place].Server.Cells.Statistics.LastReport is { } last ? Math.Max(0, _now.SecondsSince(last)) : double.NaN
        : _latencies![place].Cost;

    private static string TextOf(Server server, TextNode node) => node.IsLabel ? server.Definition.Labels.GetValueOrDefault(node.Text, "") : node.Text;

    /// <summary>From where a member's hand-outs count, and the part of its score as a whole that each adds where they raise no statistic.</summary>
    internal readonly record struct Lead(HandOutMark Mark, double Cost);
}
