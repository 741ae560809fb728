using System.Globalization;

namespace Athena.LoadBench.Load;

/// <summary>Processor time of the whole machine, in ticks of the kernel: what is not ours disturbs the measurement.</summary>
/// <param name="All">All time of all cores.</param>
/// <param name="Busy">Of it, time at work, for anybody, or taken by the host.</param>
/// <param name="Tools">Time of this program and of its children that ended.</param>
internal readonly record struct MachineClock(long All, long Busy, long Tools)
{
    private const long TicksPerSecond = 100;

    public static MachineClock Now()
    {
        // cpu user nice system idle iowait irq softirq steal (man 5 proc)
        var machine = Numbers(File.ReadLines("/proc/stat").First(), skip: 1, take: 8);
        var all = machine.Sum();
        // After the name in brackets: state, then numbers from field 4 on; utime is field 14, cstime 17.
        var stat = File.ReadAllText("/proc/self/stat");
        var own = Numbers(stat[(stat.LastIndexOf(')') + 1)..], skip: 11, take: 4);
        return new MachineClock(all, all - machine[3] - machine[4], own.Sum());
    }

    /// <summary>Share of the machine that others used since: 0 to 1.</summary>
    public double ForeignShareSince(MachineClock begin, TimeSpan servers) =>
        Math.Max(0, (Busy - begin.Busy) - (Tools - begin.Tools) - (servers.TotalSeconds * TicksPerSecond)) / Math.Max(1, All - begin.All);

    private static long[] Numbers(string line, int skip, int take) =>
        [.. line.Split(' ', StringSplitOptions.RemoveEmptyEntries).Skip(skip).Take(take).Select(n => long.Parse(n, CultureInfo.InvariantCulture))];
}
