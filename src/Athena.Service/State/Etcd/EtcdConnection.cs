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
    public EtcdMember Current => _members[(uint)Volatile.Read(ref _current) % (uint)_members.Length];

    /// <summary>Turns to the next one, unless somebody did so already.</summary>
    public void TurnFrom(EtcdMember failed)
    {
        var current = Volatile.Read(ref _current);
        if (_members[(uint)current % (uint)_members.Length] == failed)
        {
            Interlocked.CompareExchange(ref _current, current + 1, current);
        }
    }

    /// <summary>Asks for what changes nothing: each member once, until one answers.</summary>
    /// <exception cref="StoreUnavailableException">None did.</exception>
    public async Task<RangeResponse> ReadAsync(RangeRequest request, CancellationToken cancellation)
    {
        for (var attempt = 1; ; attempt++)
        {
            var member = Current;
            try
            {
                return await ReadAsync(member, request, cancellation);
            }
            catch (RpcException e) when (IsAway(e))
            {
                TurnFrom(member);
                if (attempt >= _members.Length)
                {
                    throw new StoreUnavailableException($"etcd does not answer: {e.Status.Detail}", e);
                }
            }
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
            InitialReconnectBackoff = TimeSpan.FromMilliseconds(100),
            MaxReconnectBackoff = TimeSpan.FromMilliseconds(500),
        });
        (Kv, Watch, Lease) = (new KV.KVClient(_channel), new Watch.WatchClient(_channel), new Lease.LeaseClient(_channel));
    }

    public Uri Address { get; }

    public KV.KVClient Kv { get; }

    public Watch.WatchClient Watch { get; }

    public Lease.LeaseClient Lease { get; }

    /// <summary>A call that ends in <see cref="EtcdConnection.CallTime"/>. It counts on the monotonic clock: a wall clock that jumps ends nothing.</summary>
    /// <exception cref="RpcException">It failed; with status CANCELLED when the time was over.</exception>
    public async Task<T> CallAsync<T>(Func<EtcdMember, CallOptions, AsyncUnaryCall<T>> call, CancellationToken cancellation)
    {
        using var source = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        source.CancelAfter(EtcdConnection.CallTime);
        return await call(this, new CallOptions(cancellationToken: source.Token));
    }

    public void Dispose() => _channel.Dispose();
}
