using Athena.Engine.Farms;

namespace Athena.Service.State;

/// <summary>A change of a state: of a server, of a member (farm and server), of a farm, or of the engine (neither).</summary>
internal sealed record StateChange
{
    /// <summary>Actor of what the service finds by itself.</summary>
    public const string Itself = "athena";

    /// <summary>The farm; null: the server in all farms, or the engine.</summary>
    public string? Farm { get; init; }

    /// <summary>The server; null: the farm, or the engine.</summary>
    public string? Server { get; init; }

    /// <summary>New administrative state; null: stays.</summary>
    public AdminState? Admin { get; init; }

    /// <summary>New health of a server; null: stays.</summary>
    public HealthState? Health { get; init; }

    /// <summary>New freshness of a server; null: stays. Not stored.</summary>
    public FreshnessState? Freshness { get; init; }

    /// <summary>What the active check of a server finds now; null: stays. Not stored.</summary>
    public CheckState? Check { get; init; }

    /// <summary>Whether a member is ejected now; null: stays. Not stored.</summary>
    public bool? Ejected { get; init; }

    /// <summary>Whether this is what the service observes, which is found anew after a restart and not stored.</summary>
    public bool IsObserved => Freshness is not null || Check is not null || Ejected is not null;

    /// <summary>New forwards of a farm or a server; null: stay.</summary>
    public ForwardChange? Forward { get; init; }

    /// <summary>Whether no operator made it: it is stored, but not listed and not undone.</summary>
    public bool IsAutomatic { get; init; }

    /// <summary>Who.</summary>
    public string Actor { get; init; } = Itself;

    /// <summary>Why.</summary>
    public string Reason { get; init; } = "";

    /// <summary>When it ends by itself.</summary>
    public DateTimeOffset? Until { get; init; }

    /// <summary>When it was made, if not here and now: at the service that this one mirrors.</summary>
    public DateTimeOffset? MadeAt { get; init; }
}

/// <summary>Other forwards: of a server, or both of a farm; or those of the configuration again.</summary>
internal sealed record ForwardChange(bool AsConfigured, string? Server = null, ForwardTarget? Off = null, ForwardTarget? Down = null);

/// <summary>What became of a change.</summary>
internal enum WriteStatus
{
    /// <summary>Made, stored and published, or found good when only asked to check.</summary>
    Done,

    /// <summary>No such farm.</summary>
    FarmNotFound,

    /// <summary>No such server.</summary>
    ServerNotFound,

    /// <summary>The server is not in the farm.</summary>
    MemberNotFound,

    /// <summary>The expected revision is not the present one.</summary>
    RevisionMismatch,

    /// <summary>The forwards would lead nowhere, in a loop or too far.</summary>
    ForwardRefused,

    /// <summary>No operator's change has this number.</summary>
    ChangeNotFound,

    /// <summary>What the change set was set again since.</summary>
    Superseded,

    /// <summary>A farm or server of this name is there.</summary>
    Exists,

    /// <summary>The configuration declares it: it is not removed at run time.</summary>
    Configured,

    /// <summary>The configuration does not declare it: there is nothing to go back to.</summary>
    NotConfigured,

    /// <summary>Others refer to it.</summary>
    InUse,

    /// <summary>The fleet would have faults.</summary>
    Invalid,

    /// <summary>The id of the request was used for another one.</summary>
    RequestReused,
}

/// <summary>What became of a change, and the snapshot that holds now.</summary>
internal sealed record WriteResult(WriteStatus Status, Snapshot Snapshot)
{
    /// <summary>The change as it is listed; of a refused undo: the one that cannot be undone. Null: not an operator's.</summary>
    public OperatorChange? Operator { get; init; }

    /// <summary>What is wrong with the forwards.</summary>
    public FleetFault? Fault { get; init; }

    /// <summary>What is wrong with the fleet that would be, or who refers to what would go.</summary>
    public IReadOnlyList<FleetFault> Faults { get; init; } = [];

    /// <summary>The request that was made before under the same id; null: this one was made now.</summary>
    public MadeRequest? Repeated { get; init; }

    public WriteResult(WriteStatus status, Snapshot snapshot, IReadOnlyList<FleetFault> faults)
        : this(status, snapshot) => Faults = faults;
}
