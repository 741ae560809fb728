using System.Collections.Frozen;
using Athena.Engine.Farms;

namespace Athena.Engine.Policies;

/// <summary>All policies, by name. Two of one name stop the service at start.</summary>
public sealed class PolicyCatalog
{
    private readonly FrozenDictionary<string, IBalancingPolicy> _byName;

    /// <summary>A catalog of these policies.</summary>
    /// <exception cref="ArgumentException">Two have the same name.</exception>
    public PolicyCatalog(IEnumerable<IBalancingPolicy> policies)
    {
        var all = policies.ToArray();
        if (all.GroupBy(p => p.Name, StringComparer.OrdinalIgnoreCase).FirstOrDefault(g => g.Count() > 1) is { } twice)
        {
            throw new ArgumentException($"Two policies have the name '{twice.Key}': {string.Join(", ", twice.Select(p => p.GetType().FullName))}", nameof(policies));
        }
        _byName = all.ToFrozenDictionary(p => p.Name, StringComparer.OrdinalIgnoreCase);
    }

    /// <summary>The policies that come with the engine.</summary>
    public static IReadOnlyList<IBalancingPolicy> BuiltIn { get; } =
    [
        new RoundRobinPolicy(),
        new RandomPolicy(),
        new LeastLoadPolicy(),
        new SumPolicy(),
        new LeastRequestsPolicy(),
        new PeakEwmaPolicy(),
        new LeastTimePolicy(),
        new ConsistentHashPolicy(),
        new WeightedLoadPolicy(),
        new PrequalPolicy(),
        new Expressions.ExpressionPolicy(),
    ];

    /// <summary>Names of all policies, sorted.</summary>
    public IEnumerable<string> Names => _byName.Keys.Order(StringComparer.Ordinal);

    internal void Check(PolicyDefinition definition, string path, List<FleetFault> faults)
    {
        if (!_byName.TryGetValue(definition.Name, out var policy))
        {
            faults.Add(new FleetFault($"{path}:Name", $"no policy '{definition.Name}'; there are {string.Join(", ", Names)}"));
            return;
        }
        var parameters = new PolicyParameters(definition, path, faults);
        policy.ReadOptions(parameters);
        parameters.RefuseUnread();
    }

    internal (IBalancingPolicy Policy, object? Options) Bind(PolicyDefinition definition)
    {
        var policy = _byName[definition.Name];
        return (policy, policy.ReadOptions(new PolicyParameters(definition, "", [])));
    }
}
