using Athena.Engine.Farms;
using Athena.Engine.Steering;

namespace Athena.Engine;

/// <summary>How a question ended.</summary>
public enum DecisionKind
{
    /// <summary>A server was chosen.</summary>
    Chosen,

    /// <summary>A URL to go to instead.</summary>
    ForwardedToUrl,

    /// <summary>No farm has this name.</summary>
    FarmNotFound,

    /// <summary>The whole engine is off.</summary>
    EngineOff,

    /// <summary>The farm is off and has no forward.</summary>
    FarmOff,

    /// <summary>Nobody can serve and there is no forward.</summary>
    NoAvailableMember,

    /// <summary>The farm is at its capacity for the caller's priority class.</summary>
    FarmOverCapacity,

    /// <summary>The chain of forwards is too long.</summary>
    ForwardTooDeep,

    /// <summary>A lease was asked for and the table of leases is full.</summary>
    TooManyLeases,
}

/// <summary>Why a forward was followed.</summary>
public enum ForwardReason
{
    /// <summary>The farm is off.</summary>
    FarmOff,

    /// <summary>No member is available.</summary>
    NoAvailableMember,

    /// <summary>The farm is at its capacity.</summary>
    FarmOverCapacity,

    /// <summary>The whole engine is off.</summary>
    EngineOff,
}

/// <summary>One forward that was followed, and the ones before it.</summary>
public sealed record ForwardHop(string From, string To, ForwardReason Reason, ForwardHop? Previous);

/// <summary>The answer to one question. Finding no server is an answer, not an exception.</summary>
public readonly struct Decision
{
    private readonly SteeringOutcome? _steering;

    /// <summary>How it ended.</summary>
    public DecisionKind Kind { get; init; }

    /// <summary>The snapshot that decided.</summary>
    public Snapshot Snapshot { get; init; }

    /// <summary>The farm that decided, where forwards led; null when there is none.</summary>
    public Farm? Farm { get; init; }

    /// <summary>The chosen member; null unless <see cref="DecisionKind.Chosen"/>.</summary>
    public Member? Member { get; init; }

    /// <summary>Where to go instead; null unless <see cref="DecisionKind.ForwardedToUrl"/>.</summary>
    public string? Url { get; init; }

    /// <summary>Number of the lease; 0 when there is none.</summary>
    public ulong Lease { get; init; }

    /// <summary>Seed of the pick.</summary>
    public ulong Seed { get; init; }

    /// <summary>What became of the steering token.</summary>
    public SteeringOutcome Steering
    {
        get => _steering ?? SteeringOutcome.None;
        init => _steering = value;
    }

    /// <summary>Whether the session was pinned to the server.</summary>
    public bool Pinned { get; init; }

    /// <summary>The last forward followed; null when there was none.</summary>
    public ForwardHop? LastHop { get; init; }
}
