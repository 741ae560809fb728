using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using Etcdserverpb;
using Grpc.Core;
using Grpc.Net.Client;
using Microsoft.Extensions.Options;

namespace Athena.Service.State.Etcd;

/// <summary>The members of an etcd cluster; one of them is asked, the next one when it fails. Every call has its time.</summary>
internal sealed class EtcdConnection : IDisposable
{
    /// <summary>Longest wait for one answer of one member.</summary>
    public static readonly TimeSpan CallTime = TimeSpan.FromSeconds(1);

    /// <summary>Silence after which the next member is asked too.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(200);

    private readonly EtcdMember[] _members;
    private readonly TimeProvider _time;
    private int _current;

    public EtcdConnection(IOptions<StoreOptions> options, TimeProvider time)
    {
        _time = time;
        _members = [.. options.Value.Members().Select(uri => new EtcdMember(uri, Handler(options.Value)))];
        // Replicas spread over the members.
        _current = Random.Shared.Next(_members.Length);
    }

    /// <summary>How many members are known.</summary>
    public int Count => _members.Length;

    /// <summary>The member that is asked now.</summary>
    public EtcdMember Current => MemberAt(Volatile.Read(ref _current));

    /// <summary>Turns to the next one, unless somebody did so already.</summary>
    public void TurnFrom(EtcdMember failed)
    {
        var current = Volatile.Read(ref _current);
        if (MemberAt(current) == failed)
        {
            Interlocked.CompareExchange(ref _current, current + 1, current);
        }
    }

    /// <summary>Asks for what changes nothing: one member and, when it fails or is silent for a while, the next one beside it, until one answers. That one is asked from then on.</summary>
    /// <remarks>A member that lost its leader, or hangs, is silent until <see cref="CallTime"/> is over, while another one may answer at once.</remarks>
    /// <exception cref="StoreUnavailableException">None did.</exception>
    public async Task<RangeResponse> ReadAsync(RangeRequest request, CancellationToken cancellation)
    {
        using var answered = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        async Task<(int Place, RangeResponse Answer)> AskAsync(int place) => (place, await ReadAsync(MemberAt(place), request, answered.Token));
        var first = Volatile.Read(ref _current);
        var next = first;
        var open = new List<Task<(int Place, RangeResponse Answer)>>();
        RpcException? failed = null;
        try
        {
            while (next < first + _members.Length || open.Count > 0)
            {
                var isLast = next >= first + _members.Length;
                if (!isLast)
                {
                    open.Add(AskAsync(next++));
                }
                var silence = Task.Delay(isLast ? CallTime : Patience, _time, answered.Token);
                if (await Task.WhenAny([.. open, silence]) is not Task<(int Place, RangeResponse Answer)> ended)
                {
                    cancellation.ThrowIfCancellationRequested();
                    continue;
                }
                open.Remove(ended);
                try
                {
                    var (place, answer) = await ended;
                    if (place != first)
                    {
                        Interlocked.CompareExchange(ref _current, place, first);
                    }
                    return answer;
                }
                catch (RpcException e) when (IsAway(e))
                {
                    failed = e;
                }
            }
            throw new StoreUnavailableException($"etcd does not answer: {failed!.Status.Detail}", failed);
        }
        finally
        {
            await answered.CancelAsync();
        }
    }

    /// <summary>Asks one member.</summary>
    public static Task<RangeResponse> ReadAsync(EtcdMember member, RangeRequest request, CancellationToken cancellation) =>
        member.CallAsync((m, options) => m.Kv.RangeAsync(request, options), cancellation);

    /// <summary>Whether another member, or the same one later, may answer otherwise.</summary>
    public static bool IsAway(RpcException e) => e.StatusCode is StatusCode.Unavailable or StatusCode.DeadlineExceeded or StatusCode.Unknown or StatusCode.Internal or StatusCode.Cancelled or StatusCode.Aborted;

    /// <summary>Whether the request surely never left this process.</summary>
    public static bool WasNotSent(RpcException e) =>
        e.Status.DebugException is HttpRequestException { HttpRequestError: HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError or HttpRequestError.SecureConnectionError };

    public Task WaitAsync(TimeSpan time, CancellationToken cancellation) => Task.Delay(time, _time, cancellation);

    public void Dispose()
    {
        foreach (var member in _members)
        {
            member.Dispose();
        }
    }

    private EtcdMember MemberAt(int place) => _members[(uint)place % (uint)_members.Length];

    private static SocketsHttpHandler Handler(StoreOptions options)
    {
        var handler = new SocketsHttpHandler { ConnectTimeout = CallTime, EnableMultipleHttp2Connections = true };
        if (options.CertificateFile.Length > 0)
        {
            handler.SslOptions.ClientCertificates = [X509Certificate2.CreateFromPemFile(options.CertificateFile, options.KeyFile)];
        }
        if (options.CaFile.Length > 0)
        {
            var trusted = new X509Certificate2Collection();
            trusted.ImportFromPemFile(options.CaFile);
            var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
            policy.CustomTrustStore.AddRange(trusted);
            handler.SslOptions.CertificateChainPolicy = policy;
            handler.SslOptions.EncryptionPolicy = EncryptionPolicy.RequireEncryption;
        }
        return handler;
    }
}

/// <summary>One member of an etcd cluster.</summary>
internal sealed class EtcdMember : IDisposable
{
    private readonly GrpcChannel _channel;

    public EtcdMember(Uri address, SocketsHttpHandler handler)
    {
        Address = address;
        _channel = GrpcChannel.ForAddress(address, new GrpcChannelOptions
        {
            HttpHandler = handler,
            DisposeHttpClient = true,
            MaxReceiveMessageSize = null,
            // While it backs off, every call fails at once: a member that is back is not asked before.
            InitialReconnectBackoff = TimeSpan.FromMilliseconds(50),
            MaxReconnectBackoff = TimeSpan.FromMilliseconds(250),
        });
        (Kv, Watch, Lease) = (new KV.KVClient(_channel), new Watch.WatchClient(_channel), new Lease.LeaseClient(_channel));
    }

    public Uri Address { get; }

    public KV.KVClient Kv { get; }

    public Watch.WatchClient Watch { get; }

    public Lease.LeaseClient Lease { get; }

    /// <summary>A call that ends in a time, <see cref="EtcdConnection.CallTime"/> unless said otherwise. It counts on the monotonic clock: a wall clock that jumps ends nothing.</summary>
    /// <exception cref="RpcException">It failed; with status CANCELLED when the time was over.</exception>
    public async Task<T> CallAsync<T>(Func<EtcdMember, CallOptions, AsyncUnaryCall<T>> call, CancellationToken cancellation, TimeSpan? time = null)
    {
        using var source = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        source.CancelAfter(time ?? EtcdConnection.CallTime);
        return await call(this, new CallOptions(cancellationToken: source.Token));
    }

    public void Dispose() => _channel.Dispose();
}
