using Athena.Engine.Policies;

namespace Athena.Engine.Farms;

/// <summary>A farm at one revision: members, states and all that can be worked out before a pick.</summary>
public sealed class Farm
{
    internal Farm(FarmDefinition configured, FarmDefinition definition, AdminSetting engine, AdminSetting admin, Member[] members, PickPlan plan, IBalancingPolicy policy, object? options, FarmCells cells)
    {
        Configured = configured;
        Definition = definition;
        Engine = engine;
        Admin = admin;
        AllMembers = members;
        Groups = plan.Groups;
        IsPanicking = plan.IsPanicking;
        AvailableCount = plan.AvailableCount;
        HasLimits = members.Any(m => m.Server.Definition.MaxInFlight > 0);
        IsWarming = members.Any(m => m.WarmsSince is not null);
        Policy = policy;
        PolicyOptions = options;
        Cells = cells;
    }

    /// <summary>Name.</summary>
    public string Name => Definition.Name;

    /// <summary>As declared, with the forwards that were set at run time.</summary>
    public FarmDefinition Definition { get; }

    /// <summary>As declared, and no more.</summary>
    internal FarmDefinition Configured { get; }

    /// <summary>On or off.</summary>
    public AdminSetting Admin { get; }

    /// <summary>Whether it is off.</summary>
    public bool IsOff => Admin.State == AdminState.Off;

    /// <summary>All members, in the order of the configuration.</summary>
    public IReadOnlyList<Member> Members => AllMembers;

    /// <summary>How many members are available by their states.</summary>
    public int AvailableCount { get; }

    /// <summary>Whether so few are available that health and freshness are ignored.</summary>
    public bool IsPanicking { get; }

    /// <summary>On or off: the whole engine.</summary>
    internal AdminSetting Engine { get; }

    /// <summary>Whether a decision finds somebody, forwards and limits aside.</summary>
    public bool IsServing => Engine.State != AdminState.Off && !IsOff && Groups.Length > 0;

    /// <summary>Whether a slow start lasts, so that weights change as time goes by.</summary>
    public bool IsWarming { get; }

    /// <summary>How it picks.</summary>
    public IBalancingPolicy Policy { get; }

    /// <summary>Live numbers.</summary>
    public FarmCells Cells { get; }

    internal object? PolicyOptions { get; }

    internal Member[] AllMembers { get; }

    /// <summary>Tiers in use, each with its share of decisions.</summary>
    internal PickGroup[] Groups { get; }

    /// <summary>Whether any member's server has a limit, so that a pick must look at it.</summary>
    internal bool HasLimits { get; }

    /// <summary>Whether it has a limit of its own.</summary>
    internal bool IsLimited => Definition.MaxInFlight > 0;

    /// <summary>Where each server is among the members; null for a few, which are looked through.</summary>
    internal Dictionary<string, int>? Places { get; init; }

    /// <summary>Most decisions in flight at which one of a priority class is still made, itself included; 0: no limit.</summary>
    public int LimitFor(PriorityClass priority) => Capacity.LimitFor(Definition.MaxInFlight, priority);

    /// <summary>The member that is this server, or null.</summary>
    public Member? FindMember(string server)
    {
        if (Places is { } places)
        {
            return places.TryGetValue(server, out var place) ? AllMembers[place] : null;
        }
        foreach (var member in AllMembers)
        {
            if (EntityName.Comparer.Equals(member.Declared.Name, server))
            {
                return member;
            }
        }
        return null;
    }
}
