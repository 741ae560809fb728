using System.Diagnostics.CodeAnalysis;
using Athena.Engine.Farms;

namespace Athena.Engine.Statistics;

/// <summary>All numbers of one server. Reports of one server are taken one after another; readers never wait.</summary>
public sealed class StatisticBoard
{
    /// <summary>Most statistics of one server.</summary>
    public const int MaxStatistics = 256;

    /// <summary>Most statistics in one report.</summary>
    public const int MaxInReport = 128;

    /// <summary>Largest number accepted: what can still be added and multiplied without reaching infinity.</summary>
    public const double MaxValue = 1e18;

    private readonly StatisticNames _names;
    private readonly ServerCells _cells;
    private readonly Lock _reporting = new();
    private Dictionary<string, StatisticCell> _byName = new(StringComparer.Ordinal);
    private long _lastReport;
    private long _lastOwnReport;
    private int _hasOwnReport;
    private long _chosenAtReport;
    private int _hasReport;

    internal StatisticBoard(StatisticNames names, ServerCells cells) => (_names, _cells) = (names, cells);

    /// <summary>Timestamp of the last report; null before the first.</summary>
    public long? LastReport => Volatile.Read(ref _hasReport) != 0 ? Volatile.Read(ref _lastReport) : null;

    /// <summary>Timestamp of the last report to this service itself; null before the first.</summary>
    public long? LastOwnReport => Volatile.Read(ref _hasOwnReport) != 0 ? Volatile.Read(ref _lastOwnReport) : null;

    /// <summary>Decisions for the server since its last report, or since the start.</summary>
    public long HandOutsSinceReport => Math.Max(0, _cells.Chosen - Volatile.Read(ref _chosenAtReport));

    /// <summary>All cells that have a number, by name.</summary>
    public IEnumerable<KeyValuePair<string, StatisticCell>> Reported => Volatile.Read(ref _byName).Where(c => c.Value.IsReported);

    /// <summary>The cell of a name, or null when it was never reported nor asked for by a policy.</summary>
    public bool TryGet(string name, [NotNullWhen(true)] out StatisticCell? cell) => Volatile.Read(ref _byName).TryGetValue(name, out cell);

    /// <summary>The cell of a name, made if need be: for policies, which hold on to it.</summary>
    internal StatisticCell GetOrAdd(string name)
    {
        if (TryGet(name, out var cell))
        {
            return cell;
        }
        lock (_reporting)
        {
            return AddLocked([name])[name];
        }
    }

    /// <summary>Takes in a report, all of it or nothing.</summary>
    /// <param name="report">Names and numbers; none is a sign of life.</param>
    /// <param name="timestamp">Now, by the service's <see cref="TimeProvider"/>.</param>
    /// <returns>What is wrong, by name; empty when the report was taken.</returns>
    public IReadOnlyList<StatisticFault> Report(IReadOnlyCollection<KeyValuePair<string, double>> report, long timestamp)
    {
        var faults = Check(report);
        if (faults.Count > 0)
        {
            return faults;
        }
        lock (_reporting)
        {
            var cells = _byName;
            if (MissingLocked(report.Select(r => r.Key), ref cells) is { } fault)
            {
                return [fault];
            }
            var (chosen, inFlight) = (_cells.Counters.Settle(), _cells.InFlight);
            foreach (var (name, value) in report)
            {
                cells[name].Report(value, chosen, timestamp, inFlight);
            }
            Volatile.Write(ref _chosenAtReport, chosen);
            Volatile.Write(ref _lastReport, timestamp);
            Volatile.Write(ref _hasReport, 1);
            Volatile.Write(ref _lastOwnReport, timestamp);
            Volatile.Write(ref _hasOwnReport, 1);
            _cells.Reported();
            return [];
        }
    }

    /// <summary>Takes in what the server reported to another service, as far as nothing newer is known. What is not acceptable is left out.</summary>
    /// <param name="numbers">Names, numbers and when they were reported, by the <see cref="TimeProvider"/> of this service.</param>
    /// <param name="reportedAt">When the server reported last there.</param>
    /// <returns>Whether anything was news.</returns>
    public bool Merge(IReadOnlyCollection<(string Name, double Value, long At)> numbers, long reportedAt)
    {
        lock (_reporting)
        {
            var cells = _byName;
            var newer = numbers.Where(n => Check([new(n.Name, n.Value)]).Count == 0 && !(cells.TryGetValue(n.Name, out var known) && known.IsReported && known.ReportedAt >= n.At)).ToList();
            var isLater = LastReport is not { } last || last < reportedAt;
            if ((newer.Count == 0 && !isLater) || MissingLocked(newer.Select(n => n.Name), ref cells) is not null)
            {
                return false;
            }
            var (chosen, inFlight) = (_cells.Counters.Settle(), _cells.InFlight);
            foreach (var (name, value, at) in newer)
            {
                cells[name].Report(value, chosen, at, inFlight);
                cells[name].IsMerged = true;
            }
            if (isLater)
            {
                Volatile.Write(ref _chosenAtReport, chosen);
                Volatile.Write(ref _lastReport, reportedAt);
                Volatile.Write(ref _hasReport, 1);
            }
            _cells.Reported();
            return true;
        }
    }

    private StatisticFault? MissingLocked(IEnumerable<string> names, ref Dictionary<string, StatisticCell> cells)
    {
        List<string>? missing = null;
        foreach (var name in names)
        {
            if (!cells.ContainsKey(name))
            {
                (missing ??= []).Add(name);
            }
        }
        if (missing is null)
        {
            return null;
        }
        if (cells.Count + missing.Count > MaxStatistics)
        {
            return new StatisticFault(missing[0], $"the server has {MaxStatistics} statistics already, no further name is taken");
        }
        if (missing.Find(n => _names.Intern(n) is null) is { } refused)
        {
            return new StatisticFault(refused, $"the service knows {StatisticNames.MaxNames} different statistics already, no further name is taken");
        }
        cells = AddLocked(missing);
        return null;
    }

    /// <summary>What is wrong with a report by itself, whatever the server.</summary>
    public static IReadOnlyList<StatisticFault> Check(IReadOnlyCollection<KeyValuePair<string, double>> report)
    {
        if (report.Count > MaxInReport)
        {
            return [new StatisticFault("", $"{report.Count} statistics in one report; at most {MaxInReport} are taken")];
        }
        List<StatisticFault>? faults = null;
        foreach (var (name, value) in report)
        {
            if (!StatisticNames.IsValid(name))
            {
                (faults ??= []).Add(new StatisticFault(name, $"a name is 1 to {StatisticNames.MaxLength} of letters, digits, '.', '_'"));
            }
            else if (!(value >= 0 && value <= MaxValue) || double.IsNegative(value))
            {
                (faults ??= []).Add(new StatisticFault(name, "must be a number from 0 to 1e18; NaN, infinities and numbers below zero are refused"));
            }
        }
        return faults ?? (IReadOnlyList<StatisticFault>)[];
    }

    private Dictionary<string, StatisticCell> AddLocked(List<string> names)
    {
        var next = new Dictionary<string, StatisticCell>(_byName, StringComparer.Ordinal);
        foreach (var name in names)
        {
            next.TryAdd(_names.Intern(name) ?? name, new StatisticCell());
        }
        Volatile.Write(ref _byName, next);
        return next;
    }
}

/// <summary>One statistic that was not accepted, and why.</summary>
public sealed record StatisticFault(string Name, string Message);
