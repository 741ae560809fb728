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
            if (CellsLocked(report, out var full) is not { } cells)
            {
                return [full!];
            }
            var mark = HandOutMark.Of(_cells.Counters);
            foreach (var (name, value) in report)
            {
                cells[name].Report(value, mark, timestamp);
            }
            Volatile.Write(ref _chosenAtReport, _cells.Chosen);
            Volatile.Write(ref _lastReport, timestamp);
            Volatile.Write(ref _hasReport, 1);
            Volatile.Write(ref _lastOwnReport, timestamp);
            Volatile.Write(ref _hasOwnReport, 1);
            _cells.Reported();
            return [];
        }
    }

    /// <summary>Makes room for a report, so that <see cref="Report"/> takes it: for a caller that changes something else along with it.</summary>
    /// <returns>What is wrong, by name; empty when the report will be taken.</returns>
    public IReadOnlyList<StatisticFault> Prepare(IReadOnlyCollection<KeyValuePair<string, double>> report)
    {
        var faults = Check(report);
        if (faults.Count > 0)
        {
            return faults;
        }
        lock (_reporting)
        {
            return CellsLocked(report, out var full) is null ? [full!] : [];
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
            var known = _byName;
            var newer = numbers.Where(n => Check([new(n.Name, n.Value)]).Count == 0 && !(known.TryGetValue(n.Name, out var cell) && cell.IsReported && cell.ReportedAt >= n.At)).ToList();
            var isLater = LastReport is not { } last || last < reportedAt;
            if ((newer.Count == 0 && !isLater) || CellsLocked([.. newer.Select(n => KeyValuePair.Create(n.Name, n.Value))], out _) is not { } cells)
            {
                return false;
            }
            var mark = HandOutMark.Of(_cells.Counters);
            foreach (var (name, value, at) in newer)
            {
                cells[name].Report(value, mark, at);
                cells[name].IsMerged = true;
            }
            if (isLater)
            {
                Volatile.Write(ref _chosenAtReport, _cells.Chosen);
                Volatile.Write(ref _lastReport, reportedAt);
                Volatile.Write(ref _hasReport, 1);
            }
            _cells.Reported();
            return true;
        }
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

    /// <summary>The cells with one for each name of the report; null when there is no room for a name.</summary>
    private Dictionary<string, StatisticCell>? CellsLocked(IReadOnlyCollection<KeyValuePair<string, double>> report, out StatisticFault? full)
    {
        full = null;
        List<string>? missing = null;
        foreach (var (name, _) in report)
        {
            if (!_byName.ContainsKey(name))
            {
                (missing ??= []).Add(name);
            }
        }
        if (missing is null)
        {
            return _byName;
        }
        if (_byName.Count + missing.Count > MaxStatistics)
        {
            full = new StatisticFault(missing[0], $"the server has {MaxStatistics} statistics already, no further name is taken");
        }
        else if (missing.Find(n => _names.Intern(n) is null) is { } refused)
        {
            full = new StatisticFault(refused, $"the service knows {StatisticNames.MaxNames} different statistics already, no further name is taken");
        }
        return full is null ? AddLocked(missing) : null;
    }

    /// <summary>The same numbers, of one moment between two reports, from now on apart.</summary>
    internal StatisticBoard CopyFor(ServerCells cells, StatisticNames? names)
    {
        lock (_reporting)
        {
            var copy = new StatisticBoard(names ?? _names, cells) { _lastReport = _lastReport, _chosenAtReport = _chosenAtReport, _hasReport = _hasReport, _lastOwnReport = _lastOwnReport, _hasOwnReport = _hasOwnReport };
            copy._byName = new Dictionary<string, StatisticCell>(_byName.Select(c => KeyValuePair.Create(c.Key, c.Value.Copy())), StringComparer.Ordinal);
            return copy;
        }
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
