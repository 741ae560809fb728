using Athena.Service.Telemetry;
using Etcdserverpb;
using Google.Protobuf;
using Grpc.Core;
using Microsoft.Extensions.Options;

namespace Athena.Service.State.Etcd;

/// <summary>Keeps everything in an etcd cluster that several services share. A change is answered when etcd has committed it.</summary>
/// <remarks>
/// Every transaction compares the key `state/version`, by revision and by value, and writes it anew, so that all changes of all replicas are one chain. A
/// watch follows the chain; whatever does not fit (compacted, restored, a gap) leads to reading all again. Decisions never wait for any of it.
/// </remarks>
internal sealed partial class EtcdStateStore : IStateStore, IAsyncDisposable
{
    private readonly Lock _access = new();
    private readonly EtcdConnection _connection;
    private readonly StoreMetrics _metrics;
    private readonly TimeProvider _time;
    private readonly TimeSpan _timeout;
    private readonly ILogger<EtcdStateStore> _logger;
    private readonly string _prefix;
    private readonly ByteString _versionKey;
    private readonly CancellationTokenSource _stopping = new();
    private readonly List<SeenCommit> _pending = [];
    private EtcdVersion? _head;
    private EtcdVersion? _watched;
    private StoreContent? _content;
    private TaskCompletionSource _news = NewSignal();
    private bool _isAvailable = true;
    private int _isDisposed;
    private Task _following = Task.CompletedTask;

    public EtcdStateStore(EtcdConnection connection, IOptions<StoreOptions> options, StoreMetrics metrics, TimeProvider time, ILogger<EtcdStateStore> logger)
    {
        (_connection, _metrics, _time, _logger) = (connection, metrics, time, logger);
        _timeout = options.Value.Timeout;
        Replica = options.Value.Replica is { Length: > 0 } name ? name : $"{Environment.MachineName}-{Guid.NewGuid().ToString("N")[..8]}";
        _prefix = options.Value.Prefix + "state/";
        _versionKey = ByteString.CopyFromUtf8(_prefix + "version");
    }

    /// <summary>Name of this replica.</summary>
    public string Replica { get; }

    public int LocalBits => VersionStamp.LocalBits;

    public async Task<StoreContent> LoadAsync(CancellationToken cancellation)
    {
        var started = _time.GetTimestamp();
        while (true)
        {
            try
            {
                var (version, content) = await ListAsync(cancellation);
                lock (_access)
                {
                    (_head, _watched) = (version, version);
                    _pending.Clear();
                }
                if (_following.IsCompleted)
                {
                    _following = Task.Run(() => FollowAsync(_stopping.Token), CancellationToken.None);
                }
                return content;
            }
            catch (StoreUnavailableException e) when (_time.GetElapsedTime(started) < _timeout * 2)
            {
                LogStartWaits(e.Message);
                await _connection.WaitAsync(TimeSpan.FromMilliseconds(200), cancellation);
            }
        }
    }

    public async Task<long> SaveAsync(StoreTransaction transaction, CancellationToken cancellation)
    {
        EtcdVersion head;
        lock (_access)
        {
            head = _head!;
            if (!_isAvailable)
            {
                _metrics.Refused();
                throw new StoreUnavailableException("etcd does not answer");
            }
        }
        if (head.Revision != transaction.ExpectedVersion)
        {
            throw new StoreConflictException(head.Revision);
        }
        var started = _time.GetTimestamp();
        try
        {
            var kept = await CommitAsync(head, transaction.Changes, head.Stamp.Base, cancellation);
            _metrics.Written(_time.GetElapsedTime(started));
            return kept.Revision;
        }
        catch (StoreUnavailableException)
        {
            _metrics.Refused();
            throw;
        }
    }

    public async Task<long> TendAsync(long revision, CancellationToken cancellation)
    {
        long version;
        lock (_access)
        {
            if (!_isAvailable)
            {
                throw new StoreUnavailableException("etcd does not answer");
            }
            version = _head!.Revision;
        }
        const long mask = (1L << VersionStamp.LocalBits) - 1;
        if ((revision & mask) <= mask / 2)
        {
            return version;
        }
        // So much was observed that the local part would run over.
        return await SaveAsync(new StoreTransaction(version, version, []), cancellation);
    }

    public async ValueTask DisposeAsync()
    {
        // It is registered by its own name and as the store, and disposed as both.
        if (Interlocked.Exchange(ref _isDisposed, 1) != 0)
        {
            return;
        }
        await _stopping.CancelAsync();
        await _following.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stopping.Dispose();
    }

    /// <summary>All entries at one revision, and the version that they are at; a store that nobody used yet is made.</summary>
    private async Task<(EtcdVersion Version, StoreContent Content)> ListAsync(CancellationToken cancellation)
    {
        while (true)
        {
            var all = await _connection.ReadAsync(new RangeRequest { Key = ByteString.CopyFromUtf8(_prefix), RangeEnd = EndOf(_prefix) }, cancellation);
            if (all.Kvs.FirstOrDefault(kv => kv.Key == _versionKey) is { } stamp)
            {
                var version = EtcdVersion.Of(stamp.ModRevision, stamp.Value);
                var entries = all.Kvs.Where(kv => kv.Key != _versionKey).ToList();
                return (version, new StoreContent(version.Revision, version.Revision, entries.ToDictionary(KeyOf, kv => kv.Value.ToStringUtf8()))
                {
                    Revisions = entries.ToDictionary(KeyOf, kv => (version.Stamp.Base + kv.ModRevision) << VersionStamp.LocalBits),
                });
            }
            if (all.Kvs.Count > 0)
            {
                throw new StoreDamagedException($"etcd has {all.Kvs.Count} keys under {_prefix}, but not {_prefix}version: they are not Athena's, or that key was removed");
            }
            if (_head is not null)
            {
                throw new StoreUnavailableException($"etcd has nothing under {_prefix} any more");
            }
            await MakeAsync(cancellation);
        }
    }

    private async Task MakeAsync(CancellationToken cancellation)
    {
        var member = _connection.Current;
        var make = new TxnRequest { Compare = { new Compare { Key = _versionKey, Target = Compare.Types.CompareTarget.Create, Result = Compare.Types.CompareResult.Equal, CreateRevision = 0 } } };
        make.Success.Add(Put(_versionKey, new VersionStamp(VersionStamp.Present, Guid.NewGuid(), 0, Replica).ToBytes()));
        try
        {
            await member.CallAsync((m, o) => m.Kv.TxnAsync(make, o), cancellation);
        }
        catch (RpcException e) when (EtcdConnection.IsAway(e))
        {
            _connection.TurnFrom(member);
            throw new StoreUnavailableException($"etcd does not answer: {e.Status.Detail}", e);
        }
    }

    private string KeyOf(Mvccpb.KeyValue kv) => kv.Key.ToStringUtf8()[_prefix.Length..];

    private static RequestOp Put(ByteString key, ByteString value) => new() { RequestPut = new PutRequest { Key = key, Value = value } };

    /// <summary>The first key after all that begin with a text that ends with '/'.</summary>
    private static ByteString EndOf(string prefix) => ByteString.CopyFromUtf8(prefix[..^1] + (char)('/' + 1));

    /// <summary>A transaction that the watch brought.</summary>
    private sealed record SeenCommit(EtcdVersion Version, IReadOnlyList<KeyChange> Changes);

    [LoggerMessage(1020, LogLevel.Warning, "The start waits for etcd: {Why}")]
    private partial void LogStartWaits(string why);

    [LoggerMessage(1021, LogLevel.Error, "etcd is away ({Why}); changes are refused until it is back, decisions go on")]
    private partial void LogAway(string why);

    [LoggerMessage(1022, LogLevel.Information, "etcd answers, at revision {Revision}; changes are taken")]
    private partial void LogBack(long revision);

    [LoggerMessage(1023, LogLevel.Warning, "The whole store is read again from etcd: {Reason}")]
    private partial void LogRelisted(string reason);

    [LoggerMessage(1024, LogLevel.Critical, "etcd's history is not the one that was followed: an older state was restored. It had revision {Seen} and is at {Found}; what it holds is in force now, changes made since may be lost")]
    private partial void LogRestored(long seen, long found);

    [LoggerMessage(1025, LogLevel.Critical, "What etcd holds cannot be trusted; the last good state stays in force and changes are refused")]
    private partial void LogDamaged(Exception e);
}
