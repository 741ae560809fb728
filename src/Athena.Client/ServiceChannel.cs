using System.Net.Sockets;
using Grpc.Core;
using Grpc.Net.Client;
using Grpc.Net.Client.Balancer;
using Grpc.Net.Client.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Athena.Client;

/// <summary>Makes the channel to the service: one HTTP/2 connection, kept alive; several replicas are tried in order.</summary>
internal static class ServiceChannel
{
    private const int StreamWindow = 1 << 20;

    public static GrpcChannel Create(AthenaClientOptions options, ILoggerFactory? logging = null)
    {
        var addresses = options.AddressesOrDefault;
        var handler = new SocketsHttpHandler
        {
            EnableMultipleHttp2Connections = true,
            KeepAlivePingDelay = options.KeepAlive,
            KeepAlivePingTimeout = TimeSpan.FromSeconds(5),
            KeepAlivePingPolicy = HttpKeepAlivePingPolicy.WithActiveRequests,
            PooledConnectionIdleTimeout = Timeout.InfiniteTimeSpan,
            ConnectTimeout = TimeSpan.FromSeconds(2),
            // Answers of the shared stream need a window update for every eighth of it; each wakes the service.
            InitialHttp2StreamWindowSize = StreamWindow,
        };
        var channel = new GrpcChannelOptions { HttpHandler = handler, LoggerFactory = logging, DisposeHttpClient = true };
        if (addresses[0].StartsWith("unix:", StringComparison.Ordinal))
        {
            var endpoint = new UnixDomainSocketEndPoint(addresses[0]["unix:".Length..]);
            handler.ConnectCallback = (_, cancellation) => ConnectAsync(endpoint, cancellation);
            return GrpcChannel.ForAddress("http://localhost", channel);
        }
        if (addresses.Count == 1)
        {
            return GrpcChannel.ForAddress(addresses[0], channel);
        }
        var uris = addresses.Select(a => new Uri(a)).ToArray();
        channel.Credentials = uris[0].Scheme == Uri.UriSchemeHttps ? ChannelCredentials.SecureSsl : ChannelCredentials.Insecure;
        channel.ServiceConfig = new ServiceConfig { LoadBalancingConfigs = { new PickFirstConfig() } };
        channel.ServiceProvider = new ServiceCollection()
            .AddSingleton<ResolverFactory>(new StaticResolverFactory(_ => uris.Select(u => new BalancerAddress(u.Host, u.Port))))
            .BuildServiceProvider();
        return GrpcChannel.ForAddress("static:///athena", channel);
    }

    private static async ValueTask<Stream> ConnectAsync(UnixDomainSocketEndPoint endpoint, CancellationToken cancellation)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await socket.ConnectAsync(endpoint, cancellation).ConfigureAwait(false);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
