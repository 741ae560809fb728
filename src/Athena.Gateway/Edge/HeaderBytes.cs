using Yarp.ReverseProxy.Configuration;

namespace Athena.Gateway.Edge;

/// <summary>Header bytes above ASCII pass as they came, in both directions, unless a cluster says otherwise.</summary>
internal sealed class HeaderBytes : IProxyConfigFilter
{
    private const string AsTheyCame = "latin1";

    public ValueTask<ClusterConfig> ConfigureClusterAsync(ClusterConfig cluster, CancellationToken cancel)
    {
        var client = cluster.HttpClient ?? new HttpClientConfig();
        return new(cluster with
        {
            HttpClient = client with
            {
                RequestHeaderEncoding = client.RequestHeaderEncoding ?? AsTheyCame,
                ResponseHeaderEncoding = client.ResponseHeaderEncoding ?? AsTheyCame,
            },
        });
    }

    public ValueTask<RouteConfig> ConfigureRouteAsync(RouteConfig route, ClusterConfig? cluster, CancellationToken cancel) => new(route);
}
