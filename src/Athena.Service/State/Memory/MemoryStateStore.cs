namespace Athena.Service.State.Memory;

/// <summary>Keeps nothing beyond the process: for tests and the demo.</summary>
/// <remarks>
/// Revisions begin at the start time in milliseconds, so that they grow over a restart too, however soon, and a watch that resumes from the run before is
/// told that its revision is too old.
/// </remarks>
internal sealed class MemoryStateStore(TimeProvider time) : IStateStore
{
    private readonly Lock _access = new();
    private readonly Dictionary<string, string> _entries = [];
    private long _version = time.GetUtcNow().ToUnixTimeMilliseconds();

    public Task<StoreContent> LoadAsync(CancellationToken cancellation)
    {
        lock (_access)
        {
            return Task.FromResult(new StoreContent(_version, _version, new Dictionary<string, string>(_entries)));
        }
    }

    public Task<long> SaveAsync(StoreTransaction transaction, CancellationToken cancellation)
    {
        lock (_access)
        {
            if (transaction.ExpectedVersion != _version)
            {
                throw new StoreConflictException(_version);
            }
            foreach (var (key, value) in transaction.Changes)
            {
                if (value is null)
                {
                    _entries.Remove(key);
                }
                else
                {
                    _entries[key] = value;
                }
            }
            _version = transaction.Revision;
        }
        return Task.FromResult(transaction.Revision);
    }

    public Task<long> TendAsync(long revision, CancellationToken cancellation)
    {
        lock (_access)
        {
            return Task.FromResult(_version);
        }
    }
}
