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

    /// <summary>The state of a server.</summary>
    public ServerState OfServer(string server) => Servers.GetValueOrDefault(server, ServerState.Normal);

    /// <summary>The state of a member in its farm.</summary>
    public AdminSetting OfMember(MemberKey member) => Members.GetValueOrDefault(member, AdminSetting.On);

    /// <summary>The state of a farm.</summary>
    public AdminSetting OfFarm(string farm) => Farms.GetValueOrDefault(farm, AdminSetting.On);

    /// <summary>Since when and until when a member is ejected; null: it is not.</summary>
    public StateNote? EjectionOf(MemberKey member) => Ejections.GetValueOrDefault(member);

    /// <summary>What outlives the process: all but checks, freshness and ejections, which are found anew.</summary>
    public FleetStates ToStore()
    {
        var states = this with { Ejections = ImmutableDictionary<MemberKey, StateNote>.Empty };
        foreach (var (server, state) in Servers)
        {
            states = states.WithServer(server, state with { Check = CheckState.Good, CheckNote = null, Freshness = FreshnessState.In, FreshnessNote = null });
        }
        return states;
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
}
