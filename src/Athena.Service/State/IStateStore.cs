using Athena.Engine.Farms;

namespace Athena.Service.State;

/// <summary>What outlives the process: states that operators set, and the revision.</summary>
internal interface IStateStore
{
    /// <summary>All that was kept.</summary>
    Task<StoredState> LoadAsync(CancellationToken cancellation);

    /// <summary>Keeps a change. When the task ends the change is as durable as this store makes it.</summary>
    /// <exception cref="StoreUnavailableException">It could not be kept; nothing changed.</exception>
    Task SaveAsync(StoredState state, StateChange change, CancellationToken cancellation);
}

/// <summary>What a store keeps.</summary>
/// <param name="Revision">Revision of the last change.</param>
/// <param name="States">States that are not normal. Freshness, checks and ejections are never among them.</param>
internal sealed record StoredState(long Revision, FleetStates States);

/// <summary>The store did not take a change, which was not made.</summary>
internal sealed class StoreUnavailableException(string message, Exception? inner = null) : Exception(message, inner);
