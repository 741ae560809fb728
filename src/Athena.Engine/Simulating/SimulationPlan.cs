using Athena.Engine.Farms;

namespace Athena.Engine.Simulating;

/// <summary>What to simulate.</summary>
/// <param name="Live">The snapshot whose numbers are copied.</param>
/// <param name="Part">Farms, servers and states that decide, the first farm first.</param>
/// <param name="Query">The question asked each time; its seed does not count.</param>
/// <param name="Decisions">How often.</param>
/// <param name="Seed">First seed.</param>
public sealed record SimulationPlan(Snapshot Live, FleetPart Part, BalanceQuery Query, int Decisions, ulong Seed)
{
    /// <summary>Statistics of some servers that are taken for reported.</summary>
    public IReadOnlyDictionary<string, IReadOnlyDictionary<string, double>> Statistics { get; init; } =
        new Dictionary<string, IReadOnlyDictionary<string, double>>();

    /// <summary>Time that passes; null: none does.</summary>
    public SimulatedPace? Pace { get; init; }
}

/// <summary>Time that passes in a simulation, and what comes with it.</summary>
/// <param name="DecisionsPerSecond">Each decision lets so much time pass.</param>
/// <param name="Hold">How long a decision is in flight; null: not at all.</param>
/// <param name="ReportInterval">Time after which servers report the same again.</param>
public sealed record SimulatedPace(double DecisionsPerSecond, TimeSpan? Hold, TimeSpan ReportInterval);

/// <summary>How simulated decisions fell.</summary>
public sealed class SimulationOutcome
{
    /// <summary>How often each server or URL was the answer.</summary>
    public Dictionary<string, int> Targets { get; } = new(EntityName.Comparer);

    /// <summary>Why decisions found nobody.</summary>
    public Dictionary<DecisionKind, int> Failures { get; } = [];

    /// <summary>Forwards followed.</summary>
    public Dictionary<SimulatedHop, int> Forwards { get; } = [];

    /// <summary>Most in flight of each server at once.</summary>
    public Dictionary<string, long> MostInFlight { get; } = new(EntityName.Comparer);

    /// <summary>Decisions that found nobody.</summary>
    public int Failed => Failures.Values.Sum();
}

/// <summary>One forward; no reason: a server stood in for another.</summary>
public readonly record struct SimulatedHop(string From, string To, ForwardReason? Reason);
