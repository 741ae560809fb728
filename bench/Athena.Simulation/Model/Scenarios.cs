namespace Athena.Simulation.Model;

/// <summary>What is looked at: one farm, and what may be different about it.</summary>
internal static class Scenarios
{
    private static readonly double[] Unequal = [.. Enumerable.Repeat(1.0, 8), .. Enumerable.Repeat(2.0, 8), .. Enumerable.Repeat(4.0, 8)];
    private static readonly double[] OneSlow = [.. Enumerable.Repeat(1.0, 23), 0.25];
    private static readonly double[] Loads = [0.75, 0.95];
    private static readonly int[] ProxyCounts = [1, 2, 4, 8, 16];

    /// <summary>The farm of most scenarios: 24 servers of two workers, a third each of speed 1, 2 and 4; nobody told the balancers.</summary>
    public static Scenario Farm { get; } = new("unequal", 0.75) { Speeds = Unequal, Workers = 2, Proxies = 8 };

    public static IEnumerable<Scenario> All => [.. At(Farm, 0.75, 0.95), .. At(Farm with { Name = "weights known", WeightsKnown = true }, 0.75, 0.95),
        .. At(Farm with { Name = "one slow", Speeds = OneSlow }, 0.75, 0.95),
        .. At(Farm with { Name = "noisy neighbours", NoiseEvery = 60 }, 0.75, 0.95),
        .. At(Farm with { Name = "restarts", Restarts = true }, 0.75),
        .. At(Farm with { Name = "shared cores", Discipline = Discipline.Sharing }, 0.75, 0.95),
        .. At(Farm with { Name = "closed", Closed = true }, 0.95),
        .. At(Farm with { Name = "decided ahead", Ahead = true }, 0.75, 0.95),
        .. Three];

    /// <summary>Three servers of four workers, one four times slower, behind one gateway: what `Athena.LoadBench unequal` measures, 64 connections and 1,100 and 1,700 requests a second. Its servers' 4 ms are 5.1 by their timers, so they do 1,800 a second.</summary>
    public static IEnumerable<Scenario> Three => [OneOfThree with { Name = "one of three slow, 64 connections", Closed = true, Clients = 64, ThinkTime = 0 }, .. At(OneOfThree, 1100 / 1794.0, 1700 / 1794.0)];

    private static Scenario OneOfThree { get; } = new("one of three slow", 1) { Speeds = [3.2, 3.2, 1], ServiceTime = 0.0165, Deviation = 0.29, Proxies = 1, Ahead = true };

    /// <summary>The same farm behind more or fewer proxies.</summary>
    public static IEnumerable<Scenario> Sight =>
        from load in Loads
        from proxies in ProxyCounts
        select Farm with { Name = $"unequal, {(proxies == 1 ? "one proxy" : $"{proxies} proxies")}", Load = load, Proxies = proxies };

    private static IEnumerable<Scenario> At(Scenario scenario, params double[] loads) => loads.Select(load => scenario with { Load = load });
}
