using Microsoft.AspNetCore.Http.Features;
using Yarp.ReverseProxy.Forwarder;
using Yarp.ReverseProxy.Model;

namespace Athena.Gateway.Forwarding;

/// <summary>Sends a request to the server that was decided for: leanly where visitor and server see no difference, else by YARP.</summary>
internal sealed class FarmForwarder(IHttpForwarder yarp, LeanForwarder lean, LeanRoutes routes, ServerPools pools)
{
    /// <summary>Sends it, and the answer back. A failure is left in <see cref="IForwarderErrorFeature"/> as well.</summary>
    public ValueTask<ForwarderError> SendAsync(HttpContext context, IReverseProxyFeature proxy, Attempt attempt) =>
        routes.Of(proxy) is { } route && IsPlain(context) && !attempt.HasFixedUrl && pools.Of(attempt.Address) is { } pool
            ? lean.SendAsync(context, pool, route, attempt)
            : yarp.SendAsync(context, attempt.Address, proxy.Cluster.HttpClient, proxy.Cluster.Config.HttpRequest ?? ForwarderRequestConfig.Empty, attempt);

    /// <summary>Whether all of a request is its head, and its target passes as it came.</summary>
    private static bool IsPlain(HttpContext context)
    {
        var request = context.Request;
        return (HttpMethods.IsGet(request.Method) || HttpMethods.IsHead(request.Method))
            && context.Features.Get<IHttpRequestBodyDetectionFeature>() is { CanHaveBody: false }
            && request.Headers is { ContentLength: null, Upgrade.Count: 0 }
            && PlainTarget.Is(context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget);
    }
}
