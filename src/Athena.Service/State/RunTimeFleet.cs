using System.Collections.Immutable;
using Athena.Engine.Farms;

namespace Athena.Service.State;

/// <summary>All farms and servers that were made or changed at run time.</summary>
internal sealed record RunTimeFleet(ImmutableSortedDictionary<string, RunTimeEntity> Servers, ImmutableSortedDictionary<string, RunTimeEntity> Farms)
{
    public static RunTimeFleet Empty { get; } =
        new(ImmutableSortedDictionary.Create<string, RunTimeEntity>(EntityName.Comparer), ImmutableSortedDictionary.Create<string, RunTimeEntity>(EntityName.Comparer));

    /// <summary>With this for a farm or a server; null: nothing.</summary>
    public RunTimeFleet With(bool farm, string name, RunTimeEntity? entity) => farm
        ? this with { Farms = entity is null ? Farms.Remove(name) : Farms.SetItem(name, entity) }
        : this with { Servers = entity is null ? Servers.Remove(name) : Servers.SetItem(name, entity) };

    /// <summary>What there is of a farm or a server.</summary>
    public RunTimeEntity? Find(bool farm, string name) => (farm ? Farms : Servers).GetValueOrDefault(name);

    /// <summary>
    /// The configured fleet with this over it. What was made under a name that the configuration has since taken, and what was changed of
    /// something that it no longer has, is not in it: the configuration wins.
    /// </summary>
    public FleetDefinition Over(FleetDefinition configured)
    {
        if (Servers.IsEmpty && Farms.IsEmpty)
        {
            return configured;
        }
        var servers = configured.Servers.Select(s => s.Name).ToHashSet(EntityName.Comparer);
        var farms = configured.Farms.Select(f => f.Name).ToHashSet(EntityName.Comparer);
        return configured with
        {
            Servers =
            [
                .. configured.Servers.Select(s => Servers.GetValueOrDefault(s.Name) is { IsCreated: false } changed ? changed.Server(s) : s),
                .. Servers.Values.Where(e => e.IsCreated && !servers.Contains(e.Name)).Select(e => e.Server(null)),
            ],
            Farms =
            [
                .. configured.Farms.Select(f => Farms.GetValueOrDefault(f.Name) is { IsCreated: false } changed ? changed.Farm(f) : f),
                .. Farms.Values.Where(e => e.IsCreated && !farms.Contains(e.Name)).Select(e => e.Farm(null)),
            ],
        };
    }

    /// <summary>Those that <see cref="Over"/> leaves out, and why.</summary>
    public IEnumerable<SetAside> Unused(FleetDefinition configured)
    {
        foreach (var (isFarm, entities, names) in new[] { (false, Servers, configured.Servers.Select(s => s.Name)), (true, Farms, configured.Farms.Select(f => f.Name)) })
        {
            var known = names.ToHashSet(EntityName.Comparer);
            foreach (var entity in entities.Values.Where(e => e.IsCreated == known.Contains(e.Name)))
            {
                yield return new SetAside(isFarm, entity.Name, entity.IsCreated ? "the configuration has this name now" : "the configuration no longer has it");
            }
        }
    }

    /// <summary>
    /// The part of this that the configuration allows. What it does not (a member that is gone, a loop) is set aside: kept, not in force, and tried
    /// again with the next configuration and at the next change.
    /// </summary>
    public (RunTimeFleet InForce, List<SetAside> SetAside) Allowed(FleetDefinition configured, FleetValidator validator)
    {
        var (allowed, aside) = (this, new List<SetAside>());
        while (validator.Validate(allowed.Over(configured)) is [_, ..] faults)
        {
            var blamed = faults.Select(f => (Path: f.Path.Split(':'), f.Message))
                .Select(f => new SetAside(f.Path[0] == "Farms", f.Path.Length > 1 ? f.Path[1] : "", f.Message))
                .Where(s => allowed.Find(s.IsFarm, s.Name) is not null)
                .DistinctBy(s => (s.IsFarm, s.Name.ToUpperInvariant()))
                .ToList();
            if (blamed.Count == 0)
            {
                // The fault shows in something configured: nothing tells who brought it.
                blamed = [.. allowed.Farms.Keys.Select(n => new SetAside(true, n, faults[0].Message)), .. allowed.Servers.Keys.Select(n => new SetAside(false, n, faults[0].Message))];
            }
            if (blamed.Count == 0)
            {
                break;
            }
            foreach (var one in blamed)
            {
                allowed = allowed.With(one.IsFarm, one.Name, null);
                aside.Add(one);
            }
        }
        // One may have been blamed for what another brought.
        foreach (var one in aside.ToArray())
        {
            var more = allowed.With(one.IsFarm, one.Name, Find(one.IsFarm, one.Name));
            if (validator.Validate(more.Over(configured)).Count == 0)
            {
                allowed = more;
                aside.Remove(one);
            }
        }
        aside.AddRange(Unused(configured));
        return (allowed, aside);
    }
}

/// <summary>Something made or changed at run time that is kept but not in force, and why.</summary>
internal sealed record SetAside(bool IsFarm, string Name, string Why)
{
    public string Subject => $"{(IsFarm ? "farm" : "server")} {Name}";
}
