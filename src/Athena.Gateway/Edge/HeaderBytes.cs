using Yarp.ReverseProxy.Configuration;

namespace Athena.Gateway.Edge;

/// <summary>Header bytes above ASCII pass as they came, in both directions, unless a cluster says otherwise.</summary>
internal sealed class HeaderBytes : IProxyConfigFilter
{
    private const string AsTheyCame = "latin1";

    public ValueTask<ClusterConfig> ConfigureClusterAsync(ClusterConfig cluster, CancellationToken cancel) => new(cluster with { HttpClient = Filled(cluster.HttpClient) });

    public ValueTask<RouteConfig> ConfigureRouteAsync(RouteConfig route, ClusterConfig? cluster, CancellationToken cancel) => new(route);

    /// <summary>A cluster's client settings with its encodings, or these where it has none.</summary>
    internal static HttpClientConfig Filled(HttpClientConfig? client) => (client ?? HttpClientConfig.Empty) with
    {
        RequestHeaderEncoding = client?.RequestHeaderEncoding ?? AsTheyCame,
        ResponseHeaderEncoding = client?.ResponseHeaderEncoding ?? AsTheyCame,
    };
}
