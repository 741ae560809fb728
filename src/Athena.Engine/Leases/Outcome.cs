namespace Athena.Engine.Leases;

/// <summary>What became of a decision.</summary>
public enum OutcomeKind
{
    /// <summary>The server did the work.</summary>
    Success,

    /// <summary>The server answered that it failed.</summary>
    ServerError,

    /// <summary>No connection to the server.</summary>
    ConnectFailure,

    /// <summary>No answer in time.</summary>
    Timeout,

    /// <summary>The caller gave up or never used the decision: says nothing about the server.</summary>
    Cancelled,
}

/// <summary>What was made of a reported outcome.</summary>
public enum OutcomeResult
{
    /// <summary>The lease has ended.</summary>
    Recorded,

    /// <summary>An outcome came before.</summary>
    AlreadyReported,

    /// <summary>The lease had ended by itself.</summary>
    Expired,

    /// <summary>No lease has this number here.</summary>
    Unknown,
}
