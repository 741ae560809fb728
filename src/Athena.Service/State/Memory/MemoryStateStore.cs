using Athena.Engine.Farms;

namespace Athena.Service.State.Memory;

/// <summary>Keeps nothing beyond the process: for tests and the demo.</summary>
/// <remarks>
/// Revisions begin at the start time in seconds, so that they grow over a restart too and a watch that resumes from the run before is
/// told that its revision is too old.
/// </remarks>
internal sealed class MemoryStateStore(TimeProvider time) : IStateStore
{
    public Task<StoredState> LoadAsync(CancellationToken cancellation) =>
        Task.FromResult(new StoredState(time.GetUtcNow().ToUnixTimeSeconds(), FleetStates.Normal));

    public Task SaveAsync(StoredState state, StateChange change, CancellationToken cancellation) => Task.CompletedTask;
}
