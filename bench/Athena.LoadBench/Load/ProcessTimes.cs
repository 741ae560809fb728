using System.Globalization;

namespace Athena.LoadBench.Load;

/// <summary>Processor time of a process and all that it started: servers with workers have theirs in children.</summary>
internal static class ProcessTimes
{
    private const double TicksPerSecond = 100;

    public static TimeSpan OfTree(int process)
    {
        var all = new Dictionary<int, (int Parent, long Ticks)>();
        foreach (var folder in Directory.EnumerateDirectories("/proc"))
        {
            if (int.TryParse(Path.GetFileName(folder), CultureInfo.InvariantCulture, out var id) && Read(folder) is { } found)
            {
                all[id] = found;
            }
        }
        var ticks = 0L;
        foreach (var id in all.Keys)
        {
            for (var at = id; all.TryGetValue(at, out var one); at = one.Parent)
            {
                if (at == process)
                {
                    ticks += all[id].Ticks;
                    break;
                }
            }
        }
        return TimeSpan.FromSeconds(ticks / TicksPerSecond);
    }

    /// <summary>Null when it has ended meanwhile. After the name in brackets: state, parent, then numbers from field 5 on; utime is field 14, cstime 17 (man 5 proc).</summary>
    private static (int Parent, long Ticks)? Read(string folder)
    {
        try
        {
            var stat = File.ReadAllText(Path.Combine(folder, "stat"));
            var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
            return (int.Parse(fields[1], CultureInfo.InvariantCulture), fields[11..15].Sum(f => long.Parse(f, CultureInfo.InvariantCulture)));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
