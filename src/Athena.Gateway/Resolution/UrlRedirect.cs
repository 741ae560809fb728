using Athena.Gateway.Routing;
using Yarp.ReverseProxy.Model;

namespace Athena.Gateway.Resolution;

/// <summary>What becomes of a request whose farm forwards to a URL.</summary>
public enum UrlForwards
{
    /// <summary>It is proxied there.</summary>
    Proxy,

    /// <summary>The visitor is told to go there, with 302.</summary>
    Redirect,
}

/// <summary>Sends visitors to a URL that a farm forwards to.</summary>
internal static class UrlRedirect
{
    public static void Answer(HttpContext context, IReverseProxyFeature proxy, string url)
    {
        context.Response.StatusCode = StatusCodes.Status302Found;
        context.Response.Headers.Location = url.EndsWith('/') ? url + PathOf(context.Request, proxy.Route.Config.Metadata).TrimStart('/') + context.Request.QueryString.ToUriComponent() : url;
        // It holds as long as the farm cannot serve.
        context.Response.Headers.CacheControl = "no-store";
    }

    /// <summary>The path as a server would get it from a ProxyPass; the visitor's own for other routes.</summary>
    private static string PathOf(HttpRequest request, IReadOnlyDictionary<string, string>? route) =>
        route?.GetValueOrDefault(ReverseMapping.From) is { } from && request.Path.StartsWithSegments(from, out var rest)
            ? route[ReverseMapping.To] + rest.ToUriComponent() : request.Path.ToUriComponent();
}
