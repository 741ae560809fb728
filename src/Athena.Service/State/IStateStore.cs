namespace Athena.Service.State;

/// <summary>What outlives the process: keys and values, changed in transactions, at a revision. What they mean: <see cref="StoredFleet"/>.</summary>
internal interface IStateStore
{
    /// <summary>All that is kept. Also called later, when a transaction met a version that this process did not make.</summary>
    /// <exception cref="StoreDamagedException">What is kept cannot be trusted. Nothing was changed.</exception>
    /// <exception cref="StoreUnavailableException">It cannot be read now.</exception>
    Task<StoreContent> LoadAsync(CancellationToken cancellation);

    /// <summary>Keeps all changes of a transaction, or none. When the task ends they are as durable as this store makes them.</summary>
    /// <exception cref="StoreUnavailableException">Not kept, as far as can be known; nothing may be published of it.</exception>
    /// <exception cref="StoreConflictException">The store is at another version than expected: take up its news, then try again.</exception>
    /// <returns>The revision that they are kept at.</returns>
    Task<long> SaveAsync(StoreTransaction transaction, CancellationToken cancellation);

    /// <summary>Called about once a second: mends what failed, and sees to it that no revision up to the present one is ever given again.</summary>
    /// <param name="revision">The present revision.</param>
    /// <param name="cancellation">Ends the wait.</param>
    /// <returns>The version that the store is at.</returns>
    /// <exception cref="StoreUnavailableException">It still takes no change.</exception>
    Task<long> TendAsync(long revision, CancellationToken cancellation);

    /// <summary>Lowest bits of a revision that count what this process observes by itself between two transactions; above them is what all processes on the store agree on.</summary>
    int LocalBits => 0;

    /// <summary>Ends when another process changed the store.</summary>
    Task ChangedAsync(CancellationToken cancellation) => Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancellation);

    /// <summary>What was kept after a version.</summary>
    /// <param name="since">The version that the caller knows.</param>
    /// <param name="atLeast">A version that the caller heard of: waits, for a bounded time, until this is among the news; not when the store itself is not there yet.</param>
    /// <param name="cancellation">Ends the wait.</param>
    /// <exception cref="StoreUnavailableException">It cannot be read now, or does not bring that version in time.</exception>
    async Task<StoreNews> NewsAsync(long since, long atLeast, CancellationToken cancellation) => new(await LoadAsync(cancellation), []);
}

/// <summary>All that a store keeps.</summary>
/// <param name="Version">Revision of the last transaction.</param>
/// <param name="Revision">Revisions up to here were given before, or may have been. At least <paramref name="Version"/>.</param>
/// <param name="Entries">Keys and values.</param>
internal sealed record StoreContent(long Version, long Revision, IReadOnlyDictionary<string, string> Entries)
{
    /// <summary>Revision that each entry was kept at, where the store gives revisions; null: the values tell it.</summary>
    public IReadOnlyDictionary<string, long>? Revisions { get; init; }
}

/// <summary>What became of a store that others write to as well.</summary>
/// <param name="Content">All of it, when the changes are not known one by one; null: they are.</param>
/// <param name="Commits">Transactions after it, in order.</param>
internal sealed record StoreNews(StoreContent? Content, IReadOnlyList<StoreCommit> Commits);

/// <summary>A transaction that was kept.</summary>
internal sealed record StoreCommit(long Version, IReadOnlyList<KeyChange> Changes);

/// <summary>Changes that are kept together or not at all.</summary>
/// <param name="ExpectedVersion">Revision of the transaction before; another one is a conflict.</param>
/// <param name="Revision">Revision of this one; greater. A store of many processes gives its own.</param>
/// <param name="Changes">Each key once.</param>
internal sealed record StoreTransaction(long ExpectedVersion, long Revision, IReadOnlyList<KeyChange> Changes);

/// <summary>A key's new value; null: the key goes.</summary>
internal readonly record struct KeyChange(string Key, string? Value);
