using System.Net;
using Athena.Hosting;
using Microsoft.Extensions.Primitives;
using Yarp.ReverseProxy.Configuration;
using Yarp.ReverseProxy.Forwarder;

namespace Athena.Gateway.Routing;

/// <summary>What YARP's own configuration does not have: a route for each ProxyPass, and the cluster of every farm that a route names.</summary>
internal sealed class FarmRoutes : IProxyConfigProvider, IDisposable
{
    private readonly IConfiguration _configuration;
    private readonly LastGoodOptions<GatewayOptions> _options;
    private volatile Routes _routes;

    public FarmRoutes(IConfiguration configuration, LastGoodOptions<GatewayOptions> options)
    {
        (_configuration, _options) = (configuration, options);
        _routes = Make();
        _options.Changed += Reload;
    }

    public IProxyConfig GetConfig() => _routes;

    public void Dispose() => _options.Changed -= Reload;

    private void Reload()
    {
        var last = _routes;
        _routes = Make();
        last.Changed();
    }

    private Routes Make()
    {
        var passes = _options.Current.ProxyPass;
        var routes = passes.Select(RouteOf).ToArray();
        var declared = _configuration.GetSection("ReverseProxy:Clusters").GetChildren().Select(c => c.Key);
        var farms = _configuration.GetSection("ReverseProxy:Routes").GetChildren().Select(r => r["ClusterId"])
            .Concat(routes.Select(r => r.ClusterId))
            .Where(c => FarmCluster.FarmOf(c) is not null)
            .Except(declared, StringComparer.OrdinalIgnoreCase)
            .Distinct(StringComparer.OrdinalIgnoreCase);
        return new Routes(routes, [.. farms.Select(c => ClusterOf(c!))]);
    }

    private ClusterConfig ClusterOf(string name)
    {
        var request = new ForwarderRequestConfig { ActivityTimeout = _options.Current.Timeout };
        return new ClusterConfig
        {
            ClusterId = name,
            HttpRequest = FarmCluster.IsClearTextHttp2(name) ? request with { Version = HttpVersion.Version20, VersionPolicy = HttpVersionPolicy.RequestVersionExact } : request,
        };
    }

    /// <summary>httpd matches a prefix of whole segments, the longest first: so does routing, among these and YARP's own routes, where what says more goes before what says less.</summary>
    private static RouteConfig RouteOf(ProxyPass pass)
    {
        var (from, to) = (pass.From.TrimEnd('/'), pass.ToPath.TrimEnd('/'));
        var transforms = new List<IReadOnlyDictionary<string, string>>();
        if (from.Length > 0)
        {
            transforms.Add(new Dictionary<string, string> { ["PathRemovePrefix"] = from });
        }
        if (to.Length > 0)
        {
            transforms.Add(new Dictionary<string, string> { ["PathPrefix"] = to });
        }
        return new RouteConfig
        {
            RouteId = $"ProxyPass {pass.From}",
            ClusterId = FarmCluster.NameOf(pass.Farm, pass.IsClearTextHttp2),
            Match = new RouteMatch { Path = $"{from}/{{**rest}}" },
            Transforms = transforms,
            Metadata = new Dictionary<string, string> { [ReverseMapping.From] = from, [ReverseMapping.To] = to },
        };
    }

    private sealed class Routes(IReadOnlyList<RouteConfig> routes, IReadOnlyList<ClusterConfig> clusters) : IProxyConfig
    {
        private readonly ConfigurationReloadToken _changed = new();

        IReadOnlyList<RouteConfig> IProxyConfig.Routes => routes;

        public IReadOnlyList<ClusterConfig> Clusters => clusters;

        public IChangeToken ChangeToken => _changed;

        public void Changed() => _changed.OnReload();
    }
}
