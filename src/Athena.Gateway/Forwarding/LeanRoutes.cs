using System.Runtime.CompilerServices;
using Athena.Gateway.Edge;
using Athena.Gateway.Routing;
using Microsoft.Extensions.Options;
using Yarp.ReverseProxy.Configuration;
using Yarp.ReverseProxy.Forwarder;
using Yarp.ReverseProxy.Model;

namespace Athena.Gateway.Forwarding;

/// <summary>A route whose plain requests need nothing of YARP's forwarder.</summary>
/// <param name="From">Prefix of the path that is taken off; empty: none.</param>
/// <param name="To">Prefix of the path that is put on; empty: none.</param>
/// <param name="Patience">How long a server may be silent.</param>
/// <param name="Changes">What the gateway changes in answers.</param>
internal sealed record LeanRoute(string From, string To, TimeSpan Patience, AnswerChange[] Changes);

/// <summary>Which routes are lean: those without transforms of their own, to clusters without settings of their own for their HTTP clients.</summary>
/// <remarks>None are while spans are recorded: YARP's client puts them into requests.</remarks>
internal sealed class LeanRoutes(IEnumerable<IAnswerChange> changes, IOptions<GatewayOptions> options)
{
    /// <summary>YARP's own.</summary>
    private static readonly TimeSpan UsualPatience = TimeSpan.FromSeconds(100);

    private static readonly HttpClientConfig Usual = HeaderBytes.Filled(null);

    private readonly bool _areLean = options.Value.Lean && options.Value.Tracing.Collector is null;
    private readonly ConditionalWeakTable<RouteModel, Known> _known = [];

    /// <summary>How plain requests go by the route; null: by YARP.</summary>
    public LeanRoute? Of(IReverseProxyFeature proxy)
    {
        if (!_known.TryGetValue(proxy.Route, out var known) || known.Cluster != proxy.Cluster)
        {
            known = new Known(proxy.Cluster, _areLean ? Make(proxy.Route.Config, proxy.Cluster.Config) : null);
            _known.AddOrUpdate(proxy.Route, known);
        }
        return known.Route;
    }

    internal LeanRoute? Make(RouteConfig route, ClusterConfig cluster)
    {
        var from = route.Metadata?.GetValueOrDefault(ReverseMapping.From);
        var to = route.Metadata?.GetValueOrDefault(ReverseMapping.To);
        // What a ProxyPass does to paths is done here too.
        var isPlain = from is null || to is null ? route.Transforms is not { Count: > 0 } : IsPrefix(from) && IsPrefix(to);
        var request = cluster.HttpRequest ?? ForwarderRequestConfig.Empty;
        return isPlain && route.Timeout is null && route.TimeoutPolicy is null && HeaderBytes.Filled(cluster.HttpClient) == Usual
            && (request.Version?.Major == 1 || request.VersionPolicy is null or HttpVersionPolicy.RequestVersionOrLower)
            && request.AllowResponseBuffering != true
            ? new LeanRoute(from ?? "", to ?? "", request.ActivityTimeout ?? UsualPatience, [.. changes.Select(c => c.Of(route)).OfType<AnswerChange>()])
            : null;
    }

    private static bool IsPrefix(string path) => path.Length == 0 || PlainTarget.IsPath(path);

    private sealed record Known(ClusterModel Cluster, LeanRoute? Route);
}
