using System.Collections.Immutable;

namespace Athena.Engine.Farms;

/// <summary>A member's key: names of farm and server, compared without case.</summary>
public readonly record struct MemberKey(string Farm, string Server)
{
    /// <inheritdoc/>
    public bool Equals(MemberKey other) => EntityName.Comparer.Equals(Farm, other.Farm) && EntityName.Comparer.Equals(Server, other.Server);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(EntityName.Comparer.GetHashCode(Farm), EntityName.Comparer.GetHashCode(Server));
}

/// <summary>Every state that is not the normal one.</summary>
public sealed record FleetStates
{
    /// <summary>Everything on, up and in.</summary>
    public static FleetStates Normal { get; } = new();

    /// <summary>The engine as a whole.</summary>
    public AdminSetting Engine { get; init; } = AdminSetting.On;

    /// <summary>Servers.</summary>
    public ImmutableDictionary<string, ServerState> Servers { get; init; } = ImmutableDictionary.Create<string, ServerState>(EntityName.Comparer);

    /// <summary>Members, in one farm each.</summary>
    public ImmutableDictionary<MemberKey, AdminSetting> Members { get; init; } = ImmutableDictionary<MemberKey, AdminSetting>.Empty;

    /// <summary>Farms.</summary>
    public ImmutableDictionary<string, AdminSetting> Farms { get; init; } = ImmutableDictionary.Create<string, AdminSetting>(EntityName.Comparer);

    /// <summary>Members that are ejected, each in one farm. Never stored.</summary>
    public ImmutableDictionary<MemberKey, StateNote> Ejections { get; init; } = ImmutableDictionary<MemberKey, StateNote>.Empty;

    /// <summary>Forwards of servers that were set at run time.</summary>
    public ImmutableDictionary<string, ServerForward> ServerForwards { get; init; } = ImmutableDictionary.Create<string, ServerForward>(EntityName.Comparer);

    /// <summary>Forwards of farms that were set at run time.</summary>
    public ImmutableDictionary<string, FarmForwards> FarmForwards { get; init; } = ImmutableDictionary.Create<string, FarmForwards>(EntityName.Comparer);

    /// <summary>The state of a server.</summary>
    public ServerState OfServer(string server) => Servers.GetValueOrDefault(server, ServerState.Normal);

    /// <summary>The state of a member in its farm.</summary>
    public AdminSetting OfMember(MemberKey member) => Members.GetValueOrDefault(member, AdminSetting.On);

    /// <summary>The state of a farm.</summary>
    public AdminSetting OfFarm(string farm) => Farms.GetValueOrDefault(farm, AdminSetting.On);

    /// <summary>Since when and until when a member is ejected; null: it is not.</summary>
    public StateNote? EjectionOf(MemberKey member) => Ejections.GetValueOrDefault(member);

    /// <summary>What the service found by itself and finds anew after a start: checks, freshness and ejections.</summary>
    public FleetStates Observed()
    {
        var states = Normal with { Ejections = Ejections };
        foreach (var (server, state) in Servers)
        {
            states = states.WithServer(server, state with { Admin = AdminSetting.On, Health = HealthState.Up, HealthNote = null });
        }
        return states;
    }

    /// <summary>Everything of which operators set something: a server, a member (farm and server), a farm, or the engine (neither).</summary>
    public IEnumerable<(string? Farm, string? Server)> Subjects() =>
    [
        .. Servers.Keys.Union(ServerForwards.Keys, EntityName.Comparer).Select(server => ((string?)null, (string?)server)),
        .. Members.Keys.Select(key => ((string?)key.Farm, (string?)key.Server)),
        .. Farms.Keys.Union(FarmForwards.Keys, EntityName.Comparer).Select(farm => ((string?)farm, (string?)null)),
        (null, null),
    ];

    /// <summary>Without anything of a farm, or of a server.</summary>
    public FleetStates Without(bool farm, string name)
    {
        bool Is(MemberKey key) => EntityName.Comparer.Equals(farm ? key.Farm : key.Server, name);
        var states = farm ? this with { Farms = Farms.Remove(name), FarmForwards = FarmForwards.Remove(name) } : this with { Servers = Servers.Remove(name), ServerForwards = ServerForwards.Remove(name) };
        return states with { Members = states.Members.RemoveRange(Members.Keys.Where(Is)), Ejections = states.Ejections.RemoveRange(Ejections.Keys.Where(Is)) };
    }

    /// <summary>With this ejection of a member; null: none.</summary>
    public FleetStates WithEjection(MemberKey member, StateNote? ejection) =>
        this with { Ejections = ejection is null ? Ejections.Remove(member) : Ejections.SetItem(member, ejection) };

    /// <summary>With this state for a server.</summary>
    public FleetStates WithServer(string server, ServerState state) =>
        this with { Servers = state == ServerState.Normal ? Servers.Remove(server) : Servers.SetItem(server, state) };

    /// <summary>With this state for a member.</summary>
    public FleetStates WithMember(MemberKey member, AdminSetting setting) =>
        this with { Members = setting == AdminSetting.On ? Members.Remove(member) : Members.SetItem(member, setting) };

    /// <summary>With this state for a farm.</summary>
    public FleetStates WithFarm(string farm, AdminSetting setting) =>
        this with { Farms = setting == AdminSetting.On ? Farms.Remove(farm) : Farms.SetItem(farm, setting) };

    /// <summary>With these forwards for a farm; null: as configured.</summary>
    public FleetStates WithForwards(string farm, FarmForwards? forwards) =>
        this with { FarmForwards = forwards is null ? FarmForwards.Remove(farm) : FarmForwards.SetItem(farm, forwards) };

    /// <summary>With this forward for a server; null: as configured.</summary>
    public FleetStates WithForward(string server, ServerForward? forward) =>
        this with { ServerForwards = forward is null ? ServerForwards.Remove(server) : ServerForwards.SetItem(server, forward) };

    /// <summary>A definition with the forward in force.</summary>
    public ServerDefinition InForce(ServerDefinition server) =>
        ServerForwards.TryGetValue(server.Name, out var set) ? server with { Forward = set.Target } : server;

    /// <summary>A definition with the forwards in force.</summary>
    public FarmDefinition InForce(FarmDefinition farm) =>
        FarmForwards.TryGetValue(farm.Name, out var set) ? farm with { ForwardOff = set.Off, ForwardDown = set.Down } : farm;

    /// <summary>A definition with the forwards in force.</summary>
    public FleetDefinition InForce(FleetDefinition fleet) => ServerForwards.IsEmpty && FarmForwards.IsEmpty ? fleet
        : fleet with { Servers = [.. fleet.Servers.Select(InForce)], Farms = [.. fleet.Farms.Select(InForce)] };

    /// <summary>What operators set of a server, a member (farm and server), a farm, or the engine (neither).</summary>
    public SubjectState Of(string? farm, string? server) => (farm, server) switch
    {
        (null, { } name) => new(OfServer(name).Admin, OfServer(name).Health, OfServer(name).HealthNote, ServerForwards.GetValueOrDefault(name), null),
        ({ } of, { } name) => new(OfMember(new MemberKey(of, name)), HealthState.Up, null, null, null),
        ({ } name, null) => new(OfFarm(name), HealthState.Up, null, null, FarmForwards.GetValueOrDefault(name)),
        _ => new(Engine, HealthState.Up, null, null, null),
    };

    /// <summary>With this of what operators set of a subject.</summary>
    public FleetStates With(string? farm, string? server, SubjectState state) => (farm, server) switch
    {
        (null, { } name) => WithServer(name, OfServer(name) with { Admin = state.Admin, Health = state.Health, HealthNote = state.HealthNote }).WithForward(name, state.ServerForward),
        ({ } of, { } name) => WithMember(new MemberKey(of, name), state.Admin),
        ({ } name, null) => WithFarm(name, state.Admin).WithForwards(name, state.FarmForwards),
        _ => this with { Engine = state.Admin },
    };
}
