using System.Collections.Concurrent;
using System.Collections.Frozen;
using Athena.Engine.Policies;
using Athena.Engine.Statistics;

namespace Athena.Engine.Farms;

/// <summary>Turns definitions and states into a snapshot, and keeps the cells that live from one snapshot to the next.</summary>
/// <remarks>Used by one thread at a time, the writer's; only the cells are shared.</remarks>
public sealed class SnapshotCompiler(PolicyCatalog policies, StatisticNames statistics, TimeProvider? time = null)
{
    /// <summary>Longest chain of forwards.</summary>
    public const int MaxForwardDepth = 8;

    /// <summary>Members that are found by looking through them.</summary>
    private const int FewMembers = 16;

    private readonly TimeProvider _time = time ?? TimeProvider.System;
    private readonly ConcurrentDictionary<string, ServerCells> _serverCells = new(EntityName.Comparer);
    private readonly CounterBlocks _counters = new();
    private readonly ConcurrentDictionary<string, FarmCells> _farmCells = new(EntityName.Comparer);

    /// <summary>A snapshot of everything. The definition, with the forwards of the states, must have passed <see cref="FleetValidator"/>.</summary>
    /// <param name="revision">Its revision.</param>
    /// <param name="fleet">As configured.</param>
    /// <param name="states">States, and the forwards set at run time.</param>
    /// <param name="previous">What was before: slow starts and periods of grace go on, and begin for who became available or came back. Null: at the start nobody starts slowly.</param>
    public Snapshot Compile(long revision, FleetDefinition fleet, FleetStates states, Snapshot? previous = null)
    {
        var serverIndex = fleet.Servers.Select((s, i) => KeyValuePair.Create(s.Name, i)).ToFrozenDictionary(EntityName.Comparer);
        var defaults = ServerDefaults.Of(fleet);
        var servers = fleet.Servers.Select(s => MakeServer(s, states, defaults(s), previous?.FindServer(s.Name))).ToArray();
        Server Find(string name) => servers[serverIndex[name]];
        var farms = fleet.Farms.Select(f => MakeFarm(f, states, Find, previous?.FindFarm(f.Name))).ToArray();
        var farmIndex = fleet.Farms.Select((f, i) => KeyValuePair.Create(f.Name, i)).ToFrozenDictionary(EntityName.Comparer);
        Forget(_serverCells, serverIndex);
        Forget(_farmCells, farmIndex);
        return new Snapshot(revision, states.Engine, farmIndex, farms, serverIndex, servers);
    }

    /// <summary>Takes these cells for the servers and the farm that have none yet: for compilers of private copies.</summary>
    internal void Adopt(IEnumerable<ServerCells> servers, IEnumerable<KeyValuePair<string, FarmCells>> farms)
    {
        foreach (var cells in servers)
        {
            _serverCells.TryAdd(cells.Server, cells);
        }
        foreach (var (farm, cells) in farms)
        {
            _farmCells.TryAdd(farm, cells);
        }
    }

    /// <summary>The next snapshot after a change of states alone: only the servers that changed and the farms that see them are made anew.</summary>
    public Snapshot Recompile(Snapshot previous, long revision, FleetStates states, IReadOnlySet<string> changedServers, IReadOnlySet<string> changedFarms)
    {
        var servers = previous.Servers.ToArray();
        foreach (var name in changedServers)
        {
            if (previous.ServerIndex.TryGetValue(name, out var i))
            {
                servers[i] = MakeServer(servers[i].Configured, states, servers[i].Defaults, servers[i]);
            }
        }
        Server Find(string name) => servers[previous.ServerIndex[name]];
        var farms = previous.Farms.ToArray();
        for (var i = 0; i < farms.Length; i++)
        {
            if (previous.Engine != states.Engine || changedFarms.Contains(farms[i].Name) || (changedServers.Count > 0 && Sees(farms[i], changedServers, Find)))
            {
                farms[i] = MakeFarm(farms[i].Configured, states, Find, farms[i]);
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

    private Farm MakeFarm(FarmDefinition configured, FleetStates states, Func<string, Server> find, Farm? before)
    {
        var definition = states.InForce(configured);
        var (policy, options) = policies.Bind(definition.Policy);
        var members = new Member[definition.Members.Length];
        var cells = _farmCells.GetOrAdd(definition.Name, _ => new FarmCells());
        for (var i = 0; i < members.Length; i++)
        {
            members[i] = MakeMember(definition, definition.Members[i], states, find, before, i, definition.Ejection is null ? null : cells);
        }
        var plan = PickPlan.Make(definition, members, policy, options, cells, new RefreshTime(_time.GetTimestamp(), _time.TimestampFrequency));
        return new Farm(configured, definition, states.Engine, states.OfFarm(definition.Name), members, plan, policy, options, cells)
        {
            Places = before is not null && before.Configured.Members == configured.Members ? before.Places : PlacesOf(configured),
        };
    }

    private static Dictionary<string, int>? PlacesOf(FarmDefinition farm)
    {
        if (farm.Members.Length <= FewMembers)
        {
            return null;
        }
        var places = new Dictionary<string, int>(farm.Members.Length, EntityName.Comparer);
        for (var i = 0; i < farm.Members.Length; i++)
        {
            places.TryAdd(farm.Members[i].Server, i);
        }
        return places;
    }

    private Member MakeMember(FarmDefinition farm, MemberDefinition definition, FleetStates states, Func<string, Server> find, Farm? before, int place, FarmCells? judges)
    {
        var server = find(definition.Server);
        var key = new MemberKey(farm.Name, definition.Server);
        var (admin, ejection) = (states.OfMember(key), states.EjectionOf(key));
        if (!server.IsAvailable || admin.State != AdminState.On || ejection is not null)
        {
            return new Member(farm.Name, definition, server, admin, ejection, StandInFor(server, farm.Name, states, find), judges);
        }
        if (farm.SlowStart is not { } slow || WarmsSince(before, server.Name, place) is not { } since || _time.GetElapsedTime(since) is var warm && warm >= slow.Window)
        {
            return new Member(farm.Name, definition, server, admin, ejection, standIn: null, judges);
        }
        return new Member(farm.Name, definition, server, admin, ejection, standIn: null, judges) { WarmsSince = since, EffectiveWeight = definition.Weight * slow.Factor(warm) };
    }

    /// <summary>Since when an available member starts slowly: as before, or now if it was not available. Null: it does not.</summary>
    private long? WarmsSince(Farm? before, string server, int place)
    {
        if (before is null)
        {
            return null;
        }
        // Mostly in the same place: no search.
        var was = place < before.AllMembers.Length && EntityName.Comparer.Equals(before.AllMembers[place].Declared.Name, server)
            ? before.AllMembers[place]
            : before.FindMember(server);
        return was is { IsAvailable: true } ? was.WarmsSince : _time.GetTimestamp();
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

    private Server MakeServer(ServerDefinition configured, FleetStates states, ServerDefaults defaults, Server? before)
    {
        var definition = states.InForce(configured);
        var cells = _serverCells.GetOrAdd(definition.Name, name => new ServerCells(name, statistics, _counters.Next()));
        var state = states.OfServer(definition.Name);
        return new Server(configured, definition, state, defaults, cells)
        {
            ExpectedSince = defaults.ExpectUpdate == TimeSpan.Zero || state.Admin.State == AdminState.Off ? null : before?.ExpectedSince ?? _time.GetTimestamp(),
        };
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
