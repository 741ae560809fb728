using Etcdserverpb;
using Google.Protobuf;
using Grpc.Core;

namespace Athena.Service.State.Etcd;

/// <summary>Follows what all replicas write.</summary>
internal sealed partial class EtcdStateStore
{
    /// <summary>How often etcd is asked whether it is there, and whether the watch kept up.</summary>
    private static readonly TimeSpan Pulse = TimeSpan.FromSeconds(1);

    private static readonly Metadata RequireLeader = new() { { "hasleader", "true" } };
    private int _relists;

    private async Task FollowAsync(CancellationToken cancellation)
    {
        while (!cancellation.IsCancellationRequested)
        {
            var member = _connection.Current;
            try
            {
                await SyncAsync(cancellation);
                SetAvailable(true);
                member = _connection.Current;
                await WatchAsync(member, cancellation);
            }
            catch (StoreDamagedException e)
            {
                LogDamaged(e);
                SetAvailable(false, e.Message);
            }
            catch (Exception e) when (e is RpcException or StoreUnavailableException or StoreConflictException or HttpRequestException or IOException)
            {
                // Another member may do; only when none answers is etcd away.
                _connection.TurnFrom(member);
                if (e is StoreUnavailableException)
                {
                    SetAvailable(false, e.Message);
                }
            }
            catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
            {
                _connection.TurnFrom(member);
            }
            catch (Exception e) when (e is not OperationCanceledException)
            {
                LogDamaged(e);
                SetAvailable(false, e.Message);
            }
            await _connection.WaitAsync(TimeSpan.FromMilliseconds(100), cancellation);
        }
    }

    /// <summary>Sees to it that the watch can go on where it ended: that place is in etcd's history, and as it was seen.</summary>
    private async Task SyncAsync(CancellationToken cancellation)
    {
        var watched = _watched!;
        var (now, _) = await PresentAsync(cancellation);
        if (now.IsSame(watched))
        {
            return;
        }
        if (now.Modified > watched.Modified)
        {
            try
            {
                var then = await _connection.ReadAsync(new RangeRequest { Key = _versionKey, Revision = watched.Modified }, cancellation);
                if (then.Kvs is [var kv] && kv.ModRevision == watched.Modified && kv.Value == watched.Value)
                {
                    return;
                }
            }
            catch (RpcException e) when (e.StatusCode == StatusCode.OutOfRange)
            {
                await RelistAsync("compacted", cancellation);
                return;
            }
        }
        await RelistAsync("restored", cancellation);
    }

    private async Task<(EtcdVersion Version, long Revision)> PresentAsync(CancellationToken cancellation)
    {
        var answer = await _connection.ReadAsync(new RangeRequest { Key = _versionKey }, cancellation);
        return answer.Kvs is [var kv] ? (EtcdVersion.Of(kv.ModRevision, kv.Value), answer.Header.Revision) : throw new StoreDamagedException($"etcd has nothing under {_prefix} any more, but it had; restore it, or restart all replicas to begin anew");
    }

    private async Task RelistAsync(string reason, CancellationToken cancellation)
    {
        var (version, content) = await ListAsync(cancellation);
        var restored = reason == "restored";
        if (restored && version.Revision <= Math.Max(_head!.Revision, _watched!.Revision))
        {
            // Revisions that were given are never given again.
            var seen = Math.Max(_head.Revision, _watched.Revision);
            await CommitAsync(version, [], version.Stamp.Base + ((seen - version.Revision) >> VersionStamp.LocalBits) + 1, cancellation);
            (version, content) = await ListAsync(cancellation);
        }
        StoredFleet.Read(content);
        long was;
        lock (_access)
        {
            was = _watched!.Modified;
            (_watched, _content) = (version, content);
            if (restored || _head!.Revision < version.Revision)
            {
                _head = version;
            }
            _pending.Clear();
            _relists++;
        }
        _metrics.Relisted(reason);
        LogRelisted(reason);
        if (restored)
        {
            LogRestored(was, version.Modified);
        }
        Signal();
    }

    private async Task WatchAsync(EtcdMember member, CancellationToken cancellation)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        using var call = member.Watch.Watch(new CallOptions(RequireLeader, cancellationToken: ending.Token));
        await call.RequestStream.WriteAsync(new WatchRequest
        {
            CreateRequest = new WatchCreateRequest { Key = ByteString.CopyFromUtf8(_prefix), RangeEnd = EndOf(_prefix), StartRevision = _watched!.Modified + 1 },
        }, ending.Token);
        var pulse = PulseAsync(member, ending);
        try
        {
            while (await call.ResponseStream.MoveNext(ending.Token))
            {
                var answer = call.ResponseStream.Current;
                if (answer.CompactRevision != 0)
                {
                    await RelistAsync("compacted", cancellation);
                    return;
                }
                if (answer.Canceled)
                {
                    return;
                }
                if (!Take(answer))
                {
                    await RelistAsync("gap", cancellation);
                    return;
                }
            }
        }
        finally
        {
            await ending.CancelAsync();
            await pulse;
        }
    }

    /// <summary>Ends a watch whose member does not answer, or that does not bring what is there.</summary>
    private async Task PulseAsync(EtcdMember member, CancellationTokenSource watch)
    {
        try
        {
            long? behind = null;
            var missed = 0;
            while (true)
            {
                await _connection.WaitAsync(Pulse, watch.Token);
                try
                {
                    var answer = await EtcdConnection.ReadAsync(member, new RangeRequest { Key = _versionKey }, watch.Token);
                    missed = 0;
                    SetAvailable(true);
                    var modified = answer.Kvs is [var kv] ? kv.ModRevision : 0;
                    if (modified < _watched!.Modified || (behind is { } expected && _watched.Modified < expected))
                    {
                        // Restored under the watch, or the watch is stuck.
                        break;
                    }
                    behind = modified;
                }
                catch (RpcException e) when (EtcdConnection.IsAway(e))
                {
                    if (_connection.Count > 1 || ++missed >= 2)
                    {
                        break;
                    }
                }
            }
            await watch.CancelAsync();
        }
        catch (OperationCanceledException)
        {
            // The watch ended.
        }
        catch (RpcException)
        {
            await watch.CancelAsync();
        }
    }

    /// <summary>Takes in what the watch brought: whole transactions, each with its stamp.</summary>
    /// <returns>False when something does not fit.</returns>
    private bool Take(WatchResponse answer)
    {
        foreach (var events in answer.Events.GroupBy(e => e.Kv.ModRevision).OrderBy(g => g.Key))
        {
            if (events.FirstOrDefault(e => e.Kv.Key == _versionKey) is not { Type: Mvccpb.Event.Types.EventType.Put } stamp)
            {
                // Somebody else wrote under our keys.
                return false;
            }
            var changes = events.Where(e => e.Kv.Key != _versionKey)
                .Select(e => new KeyChange(KeyOf(e.Kv), e.Type == Mvccpb.Event.Types.EventType.Put ? e.Kv.Value.ToStringUtf8() : null)).ToArray();
            var version = EtcdVersion.Of(events.Key, stamp.Kv.Value);
            lock (_access)
            {
                if (version.Modified <= _watched!.Modified)
                {
                    continue;
                }
                _watched = version;
                if (_head!.Revision < version.Revision)
                {
                    _head = version;
                }
                _pending.Add(new SeenCommit(version, changes));
            }
        }
        if (answer.Events.Count > 0)
        {
            Signal();
        }
        return true;
    }
}
