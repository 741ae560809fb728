using System.Collections.Immutable;

namespace Athena.Engine.Farms;

/// <summary>Where a definition comes from.</summary>
public enum Origin
{
    /// <summary>From configuration, as it stands there.</summary>
    Configured,

    /// <summary>Made at run time.</summary>
    Created,

    /// <summary>From configuration, with changes made at run time.</summary>
    Changed,
}

/// <summary>A server as it was declared.</summary>
public sealed record ServerDefinition(string Name, string Address)
{
    /// <summary>Labels, for selectors.</summary>
    public ImmutableSortedDictionary<string, string> Labels { get; init; } = ImmutableSortedDictionary<string, string>.Empty;

    /// <summary>Most decisions in flight over all farms; 0: no limit.</summary>
    public int MaxInFlight { get; init; }

    /// <summary>Longest time between statistics; null: the farms' or the global default; zero: freshness is off.</summary>
    public TimeSpan? ExpectUpdate { get; init; }

    /// <summary>Server that stands in while this one is unavailable.</summary>
    public string? Forward { get; init; }

    /// <summary>Active check; null: the one of the first farm that has the server and a check.</summary>
    public CheckDefinition? Check { get; init; }

    /// <summary>Where it comes from.</summary>
    public Origin Origin { get; init; }
}

/// <summary>A server's place in a farm.</summary>
public sealed record MemberDefinition(string Server)
{
    /// <summary>Relative capacity. With 0 only pinned sessions reach it.</summary>
    public uint Weight { get; init; } = 1;

    /// <summary>0 serves; the next tier joins as the tiers above lose available members.</summary>
    public int Tier { get; init; }
}

/// <summary>A policy's name and its parameters, the keys as in configuration, nested ones joined by ':'.</summary>
public sealed record PolicyDefinition(string Name)
{
    /// <summary>The policy of a farm that names none.</summary>
    public static PolicyDefinition Default { get; } = new("round_robin");

    /// <summary>Parameters.</summary>
    public ImmutableSortedDictionary<string, string> Parameters { get; init; } =
        ImmutableSortedDictionary.Create<string, string>(StringComparer.OrdinalIgnoreCase);
}

/// <summary>A place to go instead: another farm or a complete URL.</summary>
public sealed record ForwardTarget(string Text)
{
    /// <summary>Whether it is a URL; otherwise the name of a farm.</summary>
    public bool IsUrl { get; } = Text.Contains("://", StringComparison.Ordinal);
}

/// <summary>A farm as it was declared.</summary>
public sealed record FarmDefinition(string Name)
{
    /// <summary>How it picks.</summary>
    public PolicyDefinition Policy { get; init; } = PolicyDefinition.Default;

    /// <summary>Members, in the order of the configuration.</summary>
    public ImmutableArray<MemberDefinition> Members { get; init; } = [];

    /// <summary>Used while the farm is off.</summary>
    public ForwardTarget? ForwardOff { get; init; }

    /// <summary>Used when no member is available.</summary>
    public ForwardTarget? ForwardDown { get; init; }

    /// <summary>
    /// Share of members that must be available; below it health, checks, freshness and ejection are ignored. 0: off. Counted are the members with
    /// a weight that the operator left on: what an operator switched off or drains is no failure.
    /// </summary>
    public double PanicThreshold { get; init; }

    /// <summary>Most decisions in flight for the whole farm; 0: no limit.</summary>
    public int MaxInFlight { get; init; }

    /// <summary>Default of its members' <see cref="ServerDefinition.ExpectUpdate"/>.</summary>
    public TimeSpan? ExpectUpdate { get; init; }

    /// <summary>Default of its members' <see cref="ServerDefinition.Check"/>.</summary>
    public CheckDefinition? Check { get; init; }

    /// <summary>Ejection by reported outcomes; null: nobody is ejected.</summary>
    public EjectionDefinition? Ejection { get; init; }

    /// <summary>Slow start; null: members have their whole weight at once.</summary>
    public SlowStartDefinition? SlowStart { get; init; }

    /// <summary>Farms that a steering token of this farm may go to.</summary>
    public ImmutableArray<string> SteerTo { get; init; } = [];

    /// <summary>Where it comes from.</summary>
    public Origin Origin { get; init; }
}

/// <summary>All farms and servers as declared, each in the order of the configuration.</summary>
public sealed record FleetDefinition(ImmutableArray<ServerDefinition> Servers, ImmutableArray<FarmDefinition> Farms)
{
    /// <summary>No farm and no server.</summary>
    public static FleetDefinition Empty { get; } = new([], []);

    /// <summary>Default of <see cref="FarmDefinition.ExpectUpdate"/>; zero: freshness is off.</summary>
    public TimeSpan ExpectUpdate { get; init; }
}
