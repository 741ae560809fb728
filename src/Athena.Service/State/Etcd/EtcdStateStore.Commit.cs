using Etcdserverpb;
using Google.Protobuf;
using Grpc.Core;

namespace Athena.Service.State.Etcd;

/// <summary>Transactions, and what became of one that was not answered.</summary>
internal sealed partial class EtcdStateStore
{
    /// <summary>Silence after which a transaction is sent to the next member: one that lost its leader is silent though others elected a new one.</summary>
    private static readonly TimeSpan AttemptTime = TimeSpan.FromMilliseconds(500);

    /// <summary>Makes changes on top of a version.</summary>
    /// <remarks>
    /// A transaction without an answer is sent again, word for word: when it is made then, it was not before and never will be a second time, for the version that it compares
    /// is gone. When the version has moved, its stamp, or the watch, tells whether it was moved by the first one.
    /// </remarks>
    private async Task<EtcdVersion> CommitAsync(EtcdVersion head, IReadOnlyList<KeyChange> changes, long newBase, CancellationToken cancellation)
    {
        var stamp = new VersionStamp(VersionStamp.Present, Guid.NewGuid(), newBase, Replica).ToBytes();
        var request = Request(head, changes, stamp);
        var started = _time.GetTimestamp();
        var attemptTime = _connection.Count > 1 ? AttemptTime : EtcdConnection.CallTime;
        var (mayBeMade, relists) = (false, Volatile.Read(ref _relists));
        while (true)
        {
            var member = _connection.Current;
            try
            {
                var answer = await member.CallAsync((m, o) => m.Kv.TxnAsync(request, o), cancellation, attemptTime);
                if (answer.Succeeded)
                {
                    return Moved(EtcdVersion.Of(answer.Header.Revision, stamp));
                }
                var found = answer.Responses[0].ResponseRange.Kvs is [var kv] ? EtcdVersion.Of(kv.ModRevision, kv.Value) : null;
                if (found is not null && found.Value == stamp)
                {
                    return Moved(found);
                }
                if (!mayBeMade || found is null)
                {
                    throw found is null ? new StoreUnavailableException($"etcd has nothing under {_prefix} any more") : new StoreConflictException(found.Revision);
                }
                return await FindAsync(stamp, found, relists, cancellation) ?? throw new StoreConflictException(found.Revision);
            }
            catch (RpcException e) when (EtcdConnection.IsAway(e))
            {
                _connection.TurnFrom(member);
                mayBeMade |= !EtcdConnection.WasNotSent(e);
                if (_time.GetElapsedTime(started) is var elapsed && elapsed >= _timeout)
                {
                    SetAvailable(false, e.Status.Detail);
                    throw new StoreUnavailableException($"etcd does not answer: {e.Status.Detail}", e) { IsUnknown = mayBeMade };
                }
                await _connection.WaitAsync(TimeSpan.FromMilliseconds(50), cancellation);
            }
            catch (RpcException e)
            {
                throw new StoreUnavailableException($"etcd refuses: {e.Status.Detail}", e) { IsFull = e.StatusCode == StatusCode.ResourceExhausted, IsUnknown = mayBeMade };
            }
        }
    }

    private TxnRequest Request(EtcdVersion head, IReadOnlyList<KeyChange> changes, ByteString stamp)
    {
        var request = new TxnRequest
        {
            Compare =
            {
                new Compare { Key = _versionKey, Target = Compare.Types.CompareTarget.Mod, Result = Compare.Types.CompareResult.Equal, ModRevision = head.Modified },
                new Compare { Key = _versionKey, Target = Compare.Types.CompareTarget.Value, Result = Compare.Types.CompareResult.Equal, Value = head.Value },
            },
        };
        request.Success.Add(Put(_versionKey, stamp));
        foreach (var (key, value) in changes)
        {
            var name = ByteString.CopyFromUtf8(_prefix + key);
            request.Success.Add(value is null ? new RequestOp { RequestDeleteRange = new DeleteRangeRequest { Key = name } } : Put(name, ByteString.CopyFromUtf8(value)));
        }
        request.Failure.Add(new RequestOp { RequestRange = new RangeRequest { Key = _versionKey } });
        return request;
    }

    /// <summary>Looks among what the watch brought up to a version for a transaction.</summary>
    /// <returns>Null: it was not made, and never will be.</returns>
    /// <exception cref="StoreUnavailableException">Nobody can tell any more.</exception>
    private async Task<EtcdVersion?> FindAsync(ByteString stamp, EtcdVersion upTo, int relists, CancellationToken cancellation)
    {
        var started = _time.GetTimestamp();
        while (true)
        {
            Task news;
            lock (_access)
            {
                if (_pending.Find(c => c.Version.Value == stamp) is { } made)
                {
                    return made.Version;
                }
                if (_relists == relists && _watched!.Revision >= upTo.Revision)
                {
                    return null;
                }
                news = _news.Task;
            }
            if (relists != Volatile.Read(ref _relists) || _time.GetElapsedTime(started) > CatchUpTime)
            {
                throw new StoreUnavailableException("etcd did not answer, and what became of the change cannot be seen any more") { IsUnknown = true };
            }
            await Task.WhenAny(news, _connection.WaitAsync(TimeSpan.FromMilliseconds(100), cancellation));
        }
    }

    private EtcdVersion Moved(EtcdVersion to)
    {
        lock (_access)
        {
            if (_head!.Revision < to.Revision)
            {
                _head = to;
            }
        }
        return to;
    }

    private void SetAvailable(bool available, string why = "")
    {
        lock (_access)
        {
            _isAvailable = available;
        }
        if (_metrics.SetAvailable(available))
        {
            if (available)
            {
                LogBack(_head!.Modified);
            }
            else
            {
                LogAway(why);
            }
        }
    }
}
