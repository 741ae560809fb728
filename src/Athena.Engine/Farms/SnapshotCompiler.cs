using System.Collections.Concurrent;
using System.Collections.Frozen;
using Athena.Engine.Policies;
using Athena.Engine.Statistics;

namespace Athena.Engine.Farms;

/// <summary>Turns definitions and states into a snapshot, and keeps the cells that live from one snapshot to the next.</summary>
/// <remarks>Used by one thread at a time, the writer's; only the cells are shared.</remarks>
public sealed class SnapshotCompiler(PolicyCatalog policies, StatisticNames statistics)
{
    /// <summary>Longest chain of forwards.</summary>
    public const int MaxForwardDepth = 8;

    private readonly ConcurrentDictionary<string, ServerCells> _serverCells = new(EntityName.Comparer);
    private readonly ConcurrentDictionary<string, FarmCells> _farmCells = new(EntityName.Comparer);

    /// <summary>A snapshot of everything. The definition must have passed <see cref="FleetValidator"/>.</summary>
    public Snapshot Compile(long revision, FleetDefinition fleet, FleetStates states)
    {
        var serverIndex = fleet.Servers.Select((s, i) => KeyValuePair.Create(s.Name, i)).ToFrozenDictionary(EntityName.Comparer);
        var defaults = ServerDefaults.Of(fleet);
        var servers = fleet.Servers.Select(s => MakeServer(s, states, defaults(s))).ToArray();
        Server Find(string name) => servers[serverIndex[name]];
        var farms = fleet.Farms.Select(f => MakeFarm(f, states, Find)).ToArray();
        var farmIndex = fleet.Farms.Select((f, i) => KeyValuePair.Create(f.Name, i)).ToFrozenDictionary(EntityName.Comparer);
        Forget(_serverCells, serverIndex);
        Forget(_farmCells, farmIndex);
        return new Snapshot(revision, states.Engine, farmIndex, farms, serverIndex, servers);
    }

    /// <summary>The next snapshot after a change of states alone: only the servers that changed and the farms that see them are made anew.</summary>
    public Snapshot Recompile(Snapshot previous, long revision, FleetStates states, IReadOnlySet<string> changedServers, IReadOnlySet<string> changedFarms)
    {
        var servers = previous.Servers.ToArray();
        foreach (var name in changedServers)
        {
            if (previous.ServerIndex.TryGetValue(name, out var i))
            {
                servers[i] = MakeServer(servers[i].Definition, states, servers[i].Defaults);
            }
        }
        Server Find(string name) => servers[previous.ServerIndex[name]];
        var farms = previous.Farms.ToArray();
        for (var i = 0; i < farms.Length; i++)
        {
            if (changedFarms.Contains(farms[i].Name) || (changedServers.Count > 0 && Sees(farms[i], changedServers, Find)))
            {
                farms[i] = MakeFarm(farms[i].Definition, states, Find);
            }
        }
        return new Snapshot(revision, states.Engine, previous.FarmIndex, farms, previous.ServerIndex, servers);
    }

    private static bool Sees(Farm farm, IReadOnlySet<string> servers, Func<string, Server> find)
    {
        foreach (var member in farm.AllMembers)
        {
            var name = member.Declared.Name;
            for (var depth = 0; name is not null && depth <= MaxForwardDepth; depth++)
            {
                if (servers.Contains(name))
                {
                    return true;
                }
                name = find(name).Definition.Forward;
            }
        }
        return false;
    }

    private Farm MakeFarm(FarmDefinition definition, FleetStates states, Func<string, Server> find)
    {
        var (policy, options) = policies.Bind(definition.Policy);
        var members = definition.Members.Select(m => MakeMember(definition.Name, m, states, find)).ToArray();
        var plan = PickPlan.Make(definition, members, policy, options);
        var cells = _farmCells.GetOrAdd(definition.Name, _ => new FarmCells());
        return new Farm(definition, states.OfFarm(definition.Name), members, plan, policy, options, cells);
    }

    private static Member MakeMember(string farm, MemberDefinition definition, FleetStates states, Func<string, Server> find)
    {
        var server = find(definition.Server);
        var key = new MemberKey(farm, definition.Server);
        var (admin, ejection) = (states.OfMember(key), states.EjectionOf(key));
        var standIn = server.IsAvailable && admin.State == AdminState.On && ejection is null ? null : StandInFor(server, farm, states, find);
        return new Member(farm, definition, server, admin, ejection, standIn);
    }

    /// <summary>The first available server along the forwards. One that is itself a member stands in only where its state as a member lets it.</summary>
    private static Server? StandInFor(Server server, string farm, FleetStates states, Func<string, Server> find)
    {
        for (var depth = 0; depth < MaxForwardDepth && server.Definition.Forward is { } next; depth++)
        {
            server = find(next);
            var key = new MemberKey(farm, server.Name);
            if (server.IsAvailable && states.OfMember(key).State == AdminState.On && states.EjectionOf(key) is null)
            {
                return server;
            }
        }
        return null;
    }

    private Server MakeServer(ServerDefinition definition, FleetStates states, ServerDefaults defaults)
    {
        var cells = _serverCells.GetOrAdd(definition.Name, name => new ServerCells(name, statistics));
        return new Server(definition, states.OfServer(definition.Name), defaults, cells);
    }

    private static void Forget<T>(ConcurrentDictionary<string, T> cells, FrozenDictionary<string, int> known)
    {
        foreach (var name in cells.Keys)
        {
            if (!known.ContainsKey(name))
            {
                cells.TryRemove(name, out _);
            }
        }
    }
}
