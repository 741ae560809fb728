namespace Athena.Engine.Farms;

/// <summary>What an operator allows; the larger value is the stricter.</summary>
public enum AdminState
{
    /// <summary>May be picked.</summary>
    On,

    /// <summary>Picked only for sessions already pinned to it.</summary>
    Drain,

    /// <summary>Not picked.</summary>
    Off,
}

/// <summary>What an operator or a script found.</summary>
public enum HealthState
{
    /// <summary>May be picked.</summary>
    Up,

    /// <summary>Not picked.</summary>
    Down,
}

/// <summary>Whether statistics come as expected.</summary>
public enum FreshnessState
{
    /// <summary>They do, or none are expected.</summary>
    In,

    /// <summary>None came for longer than expected: not picked.</summary>
    Out,
}

/// <summary>What the active check finds.</summary>
public enum CheckState
{
    /// <summary>The server answers as it should, or nobody asks it.</summary>
    Good,

    /// <summary>It does not: not picked.</summary>
    Failed,
}

/// <summary>Who set a state, why, since when and until when, by the wall clock.</summary>
public sealed record StateNote(string Actor, string Reason, DateTimeOffset Since, DateTimeOffset? Until = null);

/// <summary>An administrative state and who set it. No note: never set, or back to normal.</summary>
public sealed record AdminSetting(AdminState State, StateNote? Note = null)
{
    /// <summary>On, as everything starts.</summary>
    public static AdminSetting On { get; } = new(AdminState.On);
}

/// <summary>The independent pairs of one server.</summary>
public sealed record ServerState
{
    /// <summary>On, up, with a good check, and in.</summary>
    public static ServerState Normal { get; } = new();

    /// <summary>Administrative state in all farms.</summary>
    public AdminSetting Admin { get; init; } = AdminSetting.On;

    /// <summary>Health as an operator or a script set it.</summary>
    public HealthState Health { get; init; }

    /// <summary>Who set the health.</summary>
    public StateNote? HealthNote { get; init; }

    /// <summary>What the active check finds. Apart from <see cref="Health"/>: neither overrides the other.</summary>
    public CheckState Check { get; init; }

    /// <summary>Since when the check fails, and how.</summary>
    public StateNote? CheckNote { get; init; }

    /// <summary>Freshness.</summary>
    public FreshnessState Freshness { get; init; }

    /// <summary>Since when it is out.</summary>
    public StateNote? FreshnessNote { get; init; }
}

/// <summary>What kind of thing keeps a server from being picked.</summary>
public enum CauseKind
{
    /// <summary>An operator switched it off.</summary>
    Off,

    /// <summary>An operator lets only pinned sessions on.</summary>
    Drain,

    /// <summary>An operator or a script said it is down.</summary>
    Down,

    /// <summary>The active check fails.</summary>
    CheckFailed,

    /// <summary>No statistics came for longer than expected.</summary>
    Out,

    /// <summary>Ejected after bad outcomes.</summary>
    Ejected,

    /// <summary>As many in flight as its limit allows.</summary>
    Full,

    /// <summary>Its weight is zero.</summary>
    WeightZero,
}

/// <summary>One thing that keeps a server from being picked. <paramref name="Farm"/> is null when it holds in every farm.</summary>
public sealed record Cause(CauseKind Kind, string? Farm = null, StateNote? Note = null);
