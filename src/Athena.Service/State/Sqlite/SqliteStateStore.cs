using Athena.Service.Telemetry;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Options;
using SQLitePCL;

namespace Athena.Service.State.Sqlite;

/// <summary>Keeps everything in one file: for one service. A change is on the disk before it is answered.</summary>
/// <remarks>
/// After anything that went wrong while writing, the connection is thrown away and the file read again as a whole: only what is there then counts. Called by
/// the writer alone, one call at a time.
/// </remarks>
internal sealed partial class SqliteStateStore : IStateStore, IDisposable
{
    private readonly string _path;
    private readonly StoreOptions _options;
    private readonly TimeProvider _time;
    private readonly StoreMetrics _metrics;
    private readonly ILogger<SqliteStateStore> _logger;
    private RevisionMark? _mark;
    private Database? _database;

    public SqliteStateStore(IOptions<StoreOptions> options, TimeProvider time, StoreMetrics metrics, ILogger<SqliteStateStore> logger)
    {
        Batteries_V2.Init();
        _options = options.Value;
        _path = Path.GetFullPath(_options.Path);
        (_time, _metrics, _logger) = (time, metrics, logger);
    }

    public Task<StoreContent> LoadAsync(CancellationToken cancellation)
    {
        if (_mark is null)
        {
            return Task.FromResult(Start());
        }
        try
        {
            var database = Writable();
            return Task.FromResult(new StoreContent(database.Version, database.Reserved, database.ReadAll()));
        }
        catch (Exception e) when (IsFault(e))
        {
            throw Failed(e);
        }
    }

    public Task<long> SaveAsync(StoreTransaction transaction, CancellationToken cancellation)
    {
        var started = _time.GetTimestamp();
        var database = Writable();
        if (transaction.ExpectedVersion != database.Version)
        {
            throw new StoreConflictException(database.Version);
        }
        try
        {
            database.Write(transaction.Changes, transaction.Revision, Math.Max(database.Reserved, transaction.Revision));
        }
        catch (Exception e) when (IsFault(e))
        {
            var failure = Failed(e);
            // Only the file itself can tell whether the change is in it.
            if (!IsKept(transaction.Revision, failure))
            {
                throw failure;
            }
        }
        Mark(transaction.Revision);
        _metrics.Written(_time.GetElapsedTime(started));
        return Task.FromResult(transaction.Revision);
    }

    public Task<long> TendAsync(long revision, CancellationToken cancellation)
    {
        var database = Writable();
        try
        {
            if (database.Reserved - revision < Database.Reserve / 2)
            {
                database.Write([], database.Version, revision + Database.Reserve);
            }
            return Task.FromResult(database.Version);
        }
        catch (Exception e) when (IsFault(e))
        {
            throw Failed(e);
        }
    }

    public void Dispose()
    {
        _database?.Dispose();
        _mark?.Dispose();
    }

    /// <summary>Faults of the file or the disk; all others are ours.</summary>
    private static bool IsFault(Exception e) => e is SqliteException or IOException or UnauthorizedAccessException;

    private static bool IsFull(Exception? e) => e is SqliteException { SqliteErrorCode: raw.SQLITE_FULL };

    /// <summary>Gives the connection up; what was found in it does not count any more.</summary>
    private StoreUnavailableException Failed(Exception e)
    {
        _database?.Abandon();
        _database = null;
        if (_metrics.SetAvailable(false))
        {
            LogFailed(e, _path);
        }
        _metrics.Refused();
        return new StoreUnavailableException($"the store {_path} takes no change now: {e.Message}", e) { IsFull = IsFull(e) };
    }

    /// <summary>The open database; opened and checked anew when it was given up.</summary>
    /// <exception cref="StoreUnavailableException">It takes no change now.</exception>
    private Database Writable()
    {
        try
        {
            if (!File.Exists(_path))
            {
                throw new IOException("the file is gone");
            }
            if (_database is null)
            {
                var (database, _) = Database.Open(_path);
                if (Fault(database) is { } fault)
                {
                    database.Abandon();
                    throw new StoreDamagedException(fault);
                }
                try
                {
                    BeginWriting(database);
                }
                catch
                {
                    database.Abandon();
                    throw;
                }
                _database = database;
                if (_metrics.SetAvailable(true))
                {
                    LogBack(_path, database.Version);
                }
            }
            return _database;
        }
        catch (Exception e) when (IsFault(e))
        {
            throw Failed(e);
        }
    }

    private void BeginWriting(Database database)
    {
        if (database.BeginWriting(_time.GetUtcNow()) is { } kept)
        {
            LogRaised(_path, Schema.Version, kept);
        }
    }

    /// <summary>Whether a transaction that failed is in the file all the same, and safe there.</summary>
    /// <exception cref="StoreUnavailableException">It may be: a failed sync leaves what was written where a later start finds it.</exception>
    private bool IsKept(long revision, StoreUnavailableException failure)
    {
        try
        {
            return Writable().Version == revision;
        }
        catch (StoreUnavailableException) when (IsSeen(revision))
        {
            throw new StoreUnavailableException(failure.Message, failure) { IsFull = failure.IsFull, IsUnknown = true };
        }
        catch (StoreUnavailableException)
        {
            return false;
        }
    }

    /// <summary>Whether the file may end with a transaction, be it on the disk or only in the system's cache.</summary>
    private bool IsSeen(long revision)
    {
        try
        {
            var (database, _) = Database.Open(_path);
            database.Abandon();
            return database.Version == revision;
        }
        catch (Exception e) when (IsFault(e) || e is StoreDamagedException)
        {
            return true;
        }
    }

    /// <summary>What the mark has against a database that is sound in itself; null: nothing.</summary>
    private string? Fault(Database database) =>
        _mark!.IsDamaged ? $"{_path}.mark beside it, which says what was answered last, is damaged"
        : _mark.Database == Guid.Empty ? null
        : _mark.Database != database.Id ? "it is another database than the one that was here last"
        : _mark.Revision > database.Version ? $"it ends at revision {database.Version}, but revision {_mark.Revision} was answered: its write-ahead log was lost, or it is an older copy"
        : null;

    private void Mark(long revision)
    {
        try
        {
            _mark!.Write(_database!.Id, revision);
        }
        catch (IOException e)
        {
            // The change itself is safe; only a later loss would be noticed less sharply.
            LogMarkFailed(e, _path);
        }
    }

    [LoggerMessage(1010, LogLevel.Error, "The store {Path} failed; changes are refused until it works again, decisions go on")]
    private partial void LogFailed(Exception e, string path);

    [LoggerMessage(1011, LogLevel.Information, "The store {Path} takes changes, at version {Version}")]
    private partial void LogBack(string path, long version);

    [LoggerMessage(1012, LogLevel.Warning, "The mark beside the store {Path} could not be written")]
    private partial void LogMarkFailed(Exception e, string path);

    [LoggerMessage(1014, LogLevel.Information, "The store {Path} was brought up to schema {Schema}; as it was before it is kept as {Kept}")]
    private partial void LogRaised(string path, int schema, string kept);

    [LoggerMessage(1013, LogLevel.Critical, "The store {Path} cannot be trusted ({Fault}) and StartFreshIfDamaged is set: the service starts from the configuration alone; what was there is kept as {Kept}")]
    private partial void LogFresh(string path, string fault, string kept);
}
