using Athena.Engine;
using Athena.Engine.Farms;
using Athena.Engine.Simulating;
using Athena.Engine.Statistics;
using Athena.Service.Contract;
using Athena.V1;
using Farm = Athena.Engine.Farms.Farm;

namespace Athena.Service.Admin;

/// <summary>A request to simulate as the engine takes it; faults are collected by field.</summary>
internal static class SimulationChecks
{
    /// <summary>Most decisions.</summary>
    public const int MaxDecisions = 100_000;

    /// <summary>Most decisions times members.</summary>
    public const long MaxWork = 50_000_000;

    private const int DefaultDecisions = 10_000;
    private const int MaxOverrides = 1000;

    /// <summary>Two plans: as things are, and as they are asked for.</summary>
    public static (SimulationPlan Now, SimulationPlan Then) Plans(SimulateRequest request, Snapshot live, FleetValidator validator)
    {
        var checks = new RequestChecks();
        checks.Name("farm", request.Farm);
        checks.ThrowIfAny();
        var farm = live.FindFarm(request.Farm) ?? throw ApiErrors.FarmNotFound(request.Farm, live).AsException();
        var part = FleetPart.Of(live, farm);
        var decisions = Decisions(request, farm, ref checks);
        var query = Query(request, ref checks);
        var now = new SimulationPlan(live, part, query, decisions, request.HasSeed ? request.Seed : (ulong)Random.Shared.NextInt64());
        var statistics = new Dictionary<string, IReadOnlyDictionary<string, double>>(EntityName.Comparer);
        var then = now with { Part = Overridden(request, part, farm, statistics, ref checks), Statistics = statistics, Pace = Pace(request.Load, ref checks) };
        checks.ThrowIfAny();
        CheckPolicy(request, validator.Validate(then.Part.Fleet));
        return (now, then);
    }

    private static int Decisions(SimulateRequest request, Farm farm, ref RequestChecks checks)
    {
        var most = (int)Math.Clamp(MaxWork / Math.Max(1, farm.Members.Count), 1, MaxDecisions);
        if (request.Decisions > most)
        {
            checks.Fault("decisions", FormattableString.Invariant($"at most {most} for a farm of {farm.Members.Count} members"));
        }
        return request.Decisions == 0 ? Math.Min(DefaultDecisions, most) : (int)Math.Min((uint)most, request.Decisions);
    }

    private static BalanceQuery Query(SimulateRequest request, ref RequestChecks checks)
    {
        var question = request.Request?.Clone() ?? new BalanceRequest();
        question.Farm = request.Farm;
        question.Alternates = 0;
        var inner = new RequestChecks();
        var query = inner.Query(question, TimeSpan.FromMinutes(1)) with { Seed = null };
        checks.Within("request", inner);
        return query;
    }

    private static SimulatedPace? Pace(SimulatedLoad? load, ref RequestChecks checks)
    {
        if (load is null)
        {
            return null;
        }
        if (!(load.DecisionsPerSecond is >= 0.001 and <= 1e9))
        {
            checks.Fault("load.decisions_per_second", "must be from 0.001 to 1,000,000,000");
        }
        var hour = TimeSpan.FromHours(1);
        var hold = checks.Span("load.hold", load.Hold, TimeSpan.FromMilliseconds(1), hour);
        var interval = checks.Span("load.report_interval", load.ReportInterval, TimeSpan.FromMilliseconds(10), hour);
        return new SimulatedPace(load.DecisionsPerSecond, hold, interval ?? TimeSpan.FromSeconds(1));
    }

    private static FleetPart Overridden(SimulateRequest request, FleetPart part, Farm farm, Dictionary<string, IReadOnlyDictionary<string, double>> statistics, ref RequestChecks checks)
    {
        checks.Count("overrides", request.Overrides.Count, MaxOverrides);
        var known = part.Fleet.Servers.Select(s => s.Name).ToHashSet(EntityName.Comparer);
        var seen = new HashSet<string>(EntityName.Comparer);
        var definition = farm.Definition with { SteerTo = [] };
        for (var i = 0; i < Math.Min(MaxOverrides, request.Overrides.Count); i++)
        {
            var (change, path) = (request.Overrides[i], $"overrides[{i}]");
            if (!known.Contains(change.Server))
            {
                var near = EntityName.Closest(change.Server, known) is { } name ? $"; did you mean '{name}'?" : "";
                checks.Fault($"{path}.server", $"no server of '{farm.Name}', or of a farm that it forwards to, has this name{near}");
                continue;
            }
            if (!seen.Add(change.Server))
            {
                checks.Fault($"{path}.server", "is given twice");
            }
            checks.Defined($"{path}.state", change.State);
            checks.Defined($"{path}.health", change.Health);
            part = part.With(change.Server, OperatorChecks.AdminOf(change.State),
                change.Health switch { V1.HealthState.Up => Engine.Farms.HealthState.Up, V1.HealthState.Down => Engine.Farms.HealthState.Down, _ => null });
            if (change.HasWeight)
            {
                definition = Weighted(definition, change, path, ref checks);
            }
            foreach (var fault in StatisticBoard.Check(change.Stats))
            {
                checks.Fault(fault.Name.Length > 0 ? $"{path}.stats[\"{fault.Name}\"]" : $"{path}.stats", fault.Message);
            }
            if (change.Stats.Count > 0)
            {
                statistics[change.Server] = change.Stats.ToDictionary();
            }
        }
        if (request.Policy is not null)
        {
            definition = definition with { Policy = request.Policy.ToDefinition(ref checks, "policy") };
        }
        return part.With(definition);
    }

    private static FarmDefinition Weighted(FarmDefinition farm, MemberOverride change, string path, ref RequestChecks checks)
    {
        var place = farm.Members.ToList().FindIndex(m => EntityName.Comparer.Equals(m.Server, change.Server));
        if (place < 0)
        {
            checks.Fault($"{path}.weight", $"'{change.Server}' is no member of '{farm.Name}'");
            return farm;
        }
        return farm with { Members = farm.Members.SetItem(place, farm.Members[place] with { Weight = change.Weight }) };
    }

    /// <summary>What is left to be wrong is the policy: all else is as it is in force.</summary>
    private static void CheckPolicy(SimulateRequest request, IReadOnlyList<FleetFault> faults)
    {
        if (faults.Count == 0)
        {
            return;
        }
        var prefix = $"Farms:{request.Farm}:Policy:";
        string FieldOf(string path) => !path.StartsWith(prefix, StringComparison.OrdinalIgnoreCase) ? "policy"
            : path.EndsWith(":Policy:Name", StringComparison.OrdinalIgnoreCase) ? "policy.name" : $"policy.parameters.{path[prefix.Length..]}";
        var isFormula = faults.Any(f => f.Path.EndsWith(":Policy:Score", StringComparison.OrdinalIgnoreCase));
        throw ApiErrors.InvalidFields(isFormula ? ErrorReason.ExpressionInvalid : ErrorReason.InvalidField, [.. faults.Select(f => (FieldOf(f.Path), f.Message))]).AsException();
    }
}
