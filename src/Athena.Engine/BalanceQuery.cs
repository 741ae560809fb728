namespace Athena.Engine;

/// <summary>How much of a farm's capacity the caller may fill.</summary>
public enum PriorityClass
{
    /// <summary>95 %.</summary>
    Normal,

    /// <summary>80 %.</summary>
    Low,

    /// <summary>All.</summary>
    High,
}

/// <summary>A question: which server of this farm?</summary>
/// <param name="Farm">Name of the farm.</param>
public readonly record struct BalanceQuery(string Farm)
{
    /// <summary>Servers not to choose.</summary>
    public IReadOnlyList<string>? Exclude { get; init; }

    /// <summary>Only servers with all of these labels.</summary>
    public IReadOnlyDictionary<string, string>? Labels { get; init; }

    /// <summary>Server that the session is pinned to: chosen when it is available or drains.</summary>
    public string? PinnedServer { get; init; }

    /// <summary>Steering token; null: none. A bad one is ignored, and <see cref="Decision.Steering"/> says why.</summary>
    public string? Steering { get; init; }

    /// <summary>How much of the farm's capacity the caller may fill.</summary>
    public PriorityClass Priority { get; init; }

    /// <summary>Time-out of the lease to open; null: no lease.</summary>
    public TimeSpan? Lease { get; init; }

    /// <summary>Makes the pick repeatable; null: the farm's own next seed.</summary>
    public ulong? Seed { get; init; }

    /// <summary>What `consistent_hash` goes by, hashed: <see cref="Engine.HashKey.Of"/>. Null: no key.</summary>
    public ulong? HashKey { get; init; }

    /// <summary>Takes down why the decision is as it is; null: nobody asks.</summary>
    public Explaining.DecisionTrace? Trace { get; init; }

    /// <summary>The member that a good token names; null: none.</summary>
    internal Farms.Member? SteeredTo { get; init; }

    /// <summary>Whether it is chosen whatever its health and its limit.</summary>
    internal bool Sticks { get; init; }

    internal bool Filters => Exclude is { Count: > 0 } || Labels is { Count: > 0 };
}
