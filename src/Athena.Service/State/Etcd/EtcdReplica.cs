using System.Runtime.CompilerServices;
using Etcdserverpb;
using Google.Protobuf;
using Grpc.Core;
using Microsoft.Extensions.Options;

namespace Athena.Service.State.Etcd;

/// <summary>This replica among the others: it lives as long as its lease, and tells them what it was told.</summary>
/// <remarks>Nothing is decided on the word of a lease: it only keeps dead replicas' digests from lying about.</remarks>
internal sealed class EtcdReplica(EtcdConnection connection, EtcdStateStore store, IOptions<StoreOptions> options, TimeProvider time)
{
    private const long LeaseSeconds = 15;

    private static readonly TimeSpan RenewEvery = TimeSpan.FromSeconds(3);

    private readonly string _prefix = options.Value.Prefix;
    private long _lease;
    private long _renewed;

    /// <summary>Puts what is to be told under this replica's lease: one write for each piece.</summary>
    /// <exception cref="StoreUnavailableException">etcd did not take it in time.</exception>
    public async Task TellAsync(IReadOnlyList<byte[]> pieces, CancellationToken cancellation)
    {
        var member = connection.Current;
        try
        {
            await RenewAsync(member, cancellation);
            for (var i = 0; i < pieces.Count; i++)
            {
                var put = new PutRequest { Key = ByteString.CopyFromUtf8(FormattableString.Invariant($"{_prefix}statistics/{store.Replica}/{i}")), Value = ByteString.CopyFrom(pieces[i]), Lease = _lease };
                await member.CallAsync((m, o) => m.Kv.PutAsync(put, o), cancellation);
            }
        }
        catch (RpcException e)
        {
            // A lease that etcd no longer knows is granted anew.
            _lease = 0;
            connection.TurnFrom(member);
            throw new StoreUnavailableException($"etcd does not take statistics: {e.Status.Detail}", e);
        }
    }

    /// <summary>What the others tell from now on. What was told before may be old by any time, and is left out.</summary>
    public async IAsyncEnumerable<byte[]> HearAsync([EnumeratorCancellation] CancellationToken cancellation)
    {
        var own = $"{_prefix}statistics/{store.Replica}/";
        while (true)
        {
            var member = connection.Current;
            using var call = member.Watch.Watch(new CallOptions(new Metadata { { "hasleader", "true" } }, cancellationToken: cancellation));
            var begun = false;
            while (await NextAsync(call, begun, cancellation) is { } answer)
            {
                begun = true;
                foreach (var told in answer.Events.Where(e => e.Type == Mvccpb.Event.Types.EventType.Put && !e.Kv.Key.ToStringUtf8().StartsWith(own, StringComparison.Ordinal)))
                {
                    yield return told.Kv.Value.ToByteArray();
                }
            }
            connection.TurnFrom(member);
            await connection.WaitAsync(TimeSpan.FromMilliseconds(500), cancellation);
        }
    }

    private async Task<WatchResponse?> NextAsync(AsyncDuplexStreamingCall<WatchRequest, WatchResponse> call, bool begun, CancellationToken cancellation)
    {
        try
        {
            if (!begun)
            {
                await call.RequestStream.WriteAsync(new WatchRequest
                {
                    CreateRequest = new WatchCreateRequest { Key = ByteString.CopyFromUtf8(_prefix + "statistics/"), RangeEnd = ByteString.CopyFromUtf8(_prefix + "statistics0") },
                }, cancellation);
            }
            return await call.ResponseStream.MoveNext(cancellation) && !call.ResponseStream.Current.Canceled ? call.ResponseStream.Current : null;
        }
        catch (Exception e) when (e is RpcException or InvalidOperationException or IOException)
        {
            return null;
        }
    }

    private async Task RenewAsync(EtcdMember member, CancellationToken cancellation)
    {
        if (_lease != 0 && time.GetElapsedTime(_renewed) < RenewEvery)
        {
            return;
        }
        if (_lease != 0)
        {
            using var source = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
            source.CancelAfter(EtcdConnection.CallTime);
            using var call = member.Lease.LeaseKeepAlive(new CallOptions(cancellationToken: source.Token));
            await call.RequestStream.WriteAsync(new LeaseKeepAliveRequest { ID = _lease }, source.Token);
            if (!await call.ResponseStream.MoveNext(source.Token) || call.ResponseStream.Current.TTL <= 0)
            {
                _lease = 0;
            }
        }
        if (_lease == 0)
        {
            var granted = await member.CallAsync((m, o) => m.Lease.LeaseGrantAsync(new LeaseGrantRequest { TTL = LeaseSeconds }, o), cancellation);
            var put = new PutRequest { Key = ByteString.CopyFromUtf8($"{_prefix}replicas/{store.Replica}"), Value = ByteString.CopyFromUtf8(store.Replica), Lease = granted.ID };
            await member.CallAsync((m, o) => m.Kv.PutAsync(put, o), cancellation);
            _lease = granted.ID;
        }
        _renewed = time.GetTimestamp();
    }
}
