using Athena.Simulation.Model;

namespace Athena.Simulation.Choosers;

/// <summary>A way to balance that is compared.</summary>
/// <param name="Name">As the table shows it: for Athena, the policy and its parameters.</param>
/// <param name="IsAthena">Whether the engine decides.</param>
internal sealed record Contender(string Name, bool IsAthena)
{
    public const string LeastConnections = "least connections";
    public const string TwoChoices = "two random choices";
    public const string LowestReported = "lowest reported";
    public const string AllKnown = "all known";

    /// <summary>The policy of Athena that is held against the goals.</summary>
    public const string Best = "least_time";

    private const string RoundRobin = "round robin";

    /// <summary>What proxies do without Athena.</summary>
    public static IReadOnlyList<Contender> Proxies { get; } =
        [new(RoundRobin, false), new(TwoChoices, false), new(LeastConnections, false), new(LowestReported, false), new(AllKnown, false)];

    /// <summary>Policies of Athena.</summary>
    public static IReadOnlyList<Contender> Policies { get; } =
    [
        new("least_load Statistic=queue", true),
        new("least_load Statistic=queue Pick=best", true),
        new("least_load Statistic=queue Pick=proportional", true),
        new("least_load Statistic=cpu Pick=best", true),
        new("sum Statistics:load=1 Statistics:cpu=1 Pick=best", true),
        new("weighted_load Blackout=00:00:01", true),
        new("least_requests", true),
        new("least_requests Choices=12", true),
        new("peak_ewma", true),
        new("peak_ewma Pick=best", true),
        new("prequal", true),
        new(Best, true),
    ];

    public IChooser Make(Scenario scenario, VirtualClock clock, Dice dice) => IsAthena ? new AthenaChooser(Name, scenario, clock, dice) : Name switch
    {
        RoundRobin => new RoundRobinChooser(scenario, dice),
        TwoChoices => new TwoChoicesChooser(scenario, dice),
        LeastConnections => new LeastConnectionsChooser(scenario, dice),
        AllKnown => new AllKnownChooser(scenario, dice),
        LowestReported => new LowestReportedChooser(scenario, dice),
        _ => throw new ArgumentException($"no proxy does '{Name}'", nameof(scenario)),
    };
}
