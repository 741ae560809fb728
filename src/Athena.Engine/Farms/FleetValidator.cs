using Athena.Engine.Policies;

namespace Athena.Engine.Farms;

/// <summary>One thing wrong with a definition: where, by configuration path, and what.</summary>
public sealed record FleetFault(string Path, string Message)
{
    /// <summary>Where in the text that stands there, from 1; null where the text as a whole is wrong. The message says it too.</summary>
    public int? Column { get; init; }
}

/// <summary>Checks a whole definition and names everything that is wrong with it.</summary>
public sealed class FleetValidator(PolicyCatalog policies)
{
    /// <summary>Most farms, and most servers.</summary>
    public const int MaxEntities = 1_000_000;

    /// <summary>Largest tier.</summary>
    public const int MaxTier = 127;

    /// <summary>All faults; empty when the definition is good.</summary>
    public IReadOnlyList<FleetFault> Validate(FleetDefinition fleet)
    {
        var faults = new List<FleetFault>();
        var servers = new Dictionary<string, ServerDefinition>(EntityName.Comparer);
        foreach (var server in fleet.Servers)
        {
            var path = $"Servers:{server.Name}";
            CheckName(server.Name, path, faults);
            if (!servers.TryAdd(server.Name, server))
            {
                faults.Add(new FleetFault(path, "declared twice"));
            }
            CheckServer(server, path, faults);
        }
        var farms = new Dictionary<string, FarmDefinition>(EntityName.Comparer);
        foreach (var farm in fleet.Farms)
        {
            CheckName(farm.Name, $"Farms:{farm.Name}", faults);
            if (!farms.TryAdd(farm.Name, farm))
            {
                faults.Add(new FleetFault($"Farms:{farm.Name}", "declared twice"));
            }
        }
        foreach (var farm in fleet.Farms)
        {
            CheckFarm(farm, servers, farms, faults);
        }
        CheckExpectUpdate(fleet.ExpectUpdate, "ExpectUpdate", faults);
        CheckServerForwards(servers, faults);
        CheckFarmForwards(farms, faults);
        return faults;
    }

    private static void CheckName(string name, string path, List<FleetFault> faults)
    {
        if (!EntityName.IsValid(name))
        {
            faults.Add(new FleetFault(path, EntityName.Rule));
        }
    }

    private static void CheckServer(ServerDefinition server, string path, List<FleetFault> faults)
    {
        if (!Uri.TryCreate(server.Address, UriKind.Absolute, out var uri) || uri.Host.Length == 0)
        {
            faults.Add(new FleetFault($"{path}:Address", $"'{server.Address}' is not an address; give a URI with scheme and host, such as http://10.0.0.5:8080"));
        }
        if (server.MaxInFlight < 0)
        {
            faults.Add(new FleetFault($"{path}:MaxInFlight", "must be 0 (no limit) or more"));
        }
        CheckExpectUpdate(server.ExpectUpdate, $"{path}:ExpectUpdate", faults);
        HealthRules.Check(server.Check, $"{path}:Check", server.Address, faults);
    }

    private static void CheckExpectUpdate(TimeSpan? value, string path, List<FleetFault> faults)
    {
        if (value is { } time && (time < TimeSpan.Zero || time > TimeSpan.FromDays(1) || (time > TimeSpan.Zero && time < TimeSpan.FromMilliseconds(100))))
        {
            faults.Add(new FleetFault(path, "must be 0 (freshness off) or from 00:00:00.1 to 1.00:00:00"));
        }
    }

    private void CheckFarm(FarmDefinition farm, Dictionary<string, ServerDefinition> servers, Dictionary<string, FarmDefinition> farms, List<FleetFault> faults)
    {
        var path = $"Farms:{farm.Name}";
        var seen = new HashSet<string>(EntityName.Comparer);
        foreach (var member in farm.Members)
        {
            var at = $"{path}:Members:{member.Server}";
            if (!servers.ContainsKey(member.Server))
            {
                faults.Add(new FleetFault(at, Unknown("server", member.Server, servers.Keys)));
            }
            if (!seen.Add(member.Server))
            {
                faults.Add(new FleetFault(at, "is a member twice"));
            }
            if (member.Tier is < 0 or > MaxTier)
            {
                faults.Add(new FleetFault($"{at}:Tier", $"must be from 0 to {MaxTier}"));
            }
        }
        if (!(farm.PanicThreshold is >= 0 and <= 1))
        {
            faults.Add(new FleetFault($"{path}:PanicThreshold", "must be from 0 (off) to 1"));
        }
        if (farm.MaxInFlight < 0)
        {
            faults.Add(new FleetFault($"{path}:MaxInFlight", "must be 0 (no limit) or more"));
        }
        CheckExpectUpdate(farm.ExpectUpdate, $"{path}:ExpectUpdate", faults);
        HealthRules.Check(farm.Check, $"{path}:Check", address: null, faults);
        HealthRules.Ejection(farm.Ejection, $"{path}:Ejection", faults);
        HealthRules.SlowStart(farm.SlowStart, $"{path}:SlowStart", faults);
        CheckTarget(farm.ForwardOff, $"{path}:Forward:Off", farms, faults);
        CheckTarget(farm.ForwardDown, $"{path}:Forward:Down", farms, faults);
        foreach (var target in farm.SteerTo.Where(t => !farms.ContainsKey(t)))
        {
            faults.Add(new FleetFault($"{path}:SteerTo", Unknown("farm", target, farms.Keys)));
        }
        policies.Check(farm.Policy, $"{path}:Policy", faults);
    }

    private static void CheckTarget(ForwardTarget? target, string path, Dictionary<string, FarmDefinition> farms, List<FleetFault> faults)
    {
        if (target is null)
        {
            return;
        }
        if (target.IsUrl)
        {
            if (!Uri.TryCreate(target.Text, UriKind.Absolute, out var uri) || uri.Scheme is not ("http" or "https") || uri.Host.Length == 0)
            {
                faults.Add(new FleetFault(path, $"'{target.Text}' is not a complete http or https URL"));
            }
        }
        else if (!farms.ContainsKey(target.Text))
        {
            faults.Add(new FleetFault(path, Unknown("farm", target.Text, farms.Keys)));
        }
    }

    private static void CheckServerForwards(Dictionary<string, ServerDefinition> servers, List<FleetFault> faults)
    {
        foreach (var server in servers.Values)
        {
            var path = $"Servers:{server.Name}:Forward";
            if (server.Forward is { } first && !servers.ContainsKey(first))
            {
                faults.Add(new FleetFault(path, Unknown("server", first, servers.Keys)));
                continue;
            }
            CheckChain(server.Name, name => servers.TryGetValue(name, out var s) && s.Forward is { } f ? [f] : [], path, faults);
        }
    }

    private static void CheckFarmForwards(Dictionary<string, FarmDefinition> farms, List<FleetFault> faults)
    {
        string[] NextOf(string name) => farms.TryGetValue(name, out var farm)
            ? [.. new[] { farm.ForwardOff, farm.ForwardDown }.OfType<ForwardTarget>().Select(t => t.Text).Distinct(EntityName.Comparer)]
            : [];
        foreach (var farm in farms.Values)
        {
            CheckChain(farm.Name, NextOf, $"Farms:{farm.Name}:Forward", faults);
        }
    }

    /// <summary>Finds a way that leads back to where it began, or that is longer than the limit. Work is bounded: each name is entered once per depth.</summary>
    private static void CheckChain(string start, Func<string, string[]> next, string path, List<FleetFault> faults)
    {
        // The ways of equal length, by where they have come to; each knows the one it went on from.
        var level = new Dictionary<string, Way>(EntityName.Comparer) { [start] = new Way(start, null) };
        for (var depth = 0; level.Count > 0; depth++)
        {
            var further = new Dictionary<string, Way>(EntityName.Comparer);
            foreach (var way in level.Values)
            {
                foreach (var name in next(way.Name))
                {
                    further.TryAdd(name, new Way(name, way));
                }
            }
            if (further.TryGetValue(start, out var loop))
            {
                faults.Add(new FleetFault(path, $"forwards of '{start}' lead back to it: {loop}"));
                return;
            }
            if (depth >= SnapshotCompiler.MaxForwardDepth)
            {
                if (further.Count > 0)
                {
                    faults.Add(new FleetFault(path, $"the chain of forwards is longer than {SnapshotCompiler.MaxForwardDepth}: {further.Values.First()}"));
                }
                return;
            }
            level = further;
        }
    }

    private static string Unknown(string kind, string name, IEnumerable<string> known) =>
        EntityName.Closest(name, known) is { } near ? $"no {kind} '{name}'; did you mean '{near}'?" : $"no {kind} '{name}'";

    /// <summary>A name and the way that led to it.</summary>
    private sealed record Way(string Name, Way? From)
    {
        public override string ToString() => From is null ? Name : $"{From} -> {Name}";
    }
}
