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
        .. At(Farm with { Name = "closed", Closed = true }, 0.95)];

    /// <summary>The same farm behind more or fewer proxies.</summary>
    public static IEnumerable<Scenario> Sight =>
        from load in Loads
        from proxies in ProxyCounts
        select Farm with { Name = $"unequal, {(proxies == 1 ? "one proxy" : $"{proxies} proxies")}", Load = load, Proxies = proxies };

    private static IEnumerable<Scenario> At(Scenario scenario, params double[] loads) => loads.Select(load => scenario with { Load = load });
}
