using Yarp.ReverseProxy.Transforms;
using Yarp.ReverseProxy.Transforms.Builder;

namespace Athena.Gateway.Routing;

/// <summary>httpd's ProxyPassReverse: redirects that a server sends to its own address lead back through the gateway.</summary>
internal sealed class ReverseMapping : ITransformProvider
{
    /// <summary>Route metadata: path at the gateway, without a final '/'.</summary>
    public const string From = "Athena.ProxyPass.From";

    /// <summary>Route metadata: path at the farm, without a final '/'.</summary>
    public const string To = "Athena.ProxyPass.To";

    private static readonly string[] Headers = ["Location", "Content-Location"];

    public void ValidateRoute(TransformRouteValidationContext context)
    {
    }

    public void ValidateCluster(TransformClusterValidationContext context)
    {
    }

    public void Apply(TransformBuilderContext context)
    {
        if (context.Route.Metadata?.TryGetValue(From, out var from) != true || from is null)
        {
            return;
        }
        var to = context.Route.Metadata[To];
        context.AddResponseTransform(response =>
        {
            foreach (var header in Headers)
            {
                var value = response.HttpContext.Response.Headers[header];
                if (value.Count == 1 && Mapped(value[0]!, response.ProxyResponse?.RequestMessage?.RequestUri, from, to) is { } mapped)
                {
                    response.HttpContext.Response.Headers[header] = mapped;
                }
            }
            return ValueTask.CompletedTask;
        });
    }

    /// <summary>The location as the visitor reaches it; null when it leads elsewhere.</summary>
    internal static string? Mapped(string location, Uri? server, string from, string to)
    {
        string path;
        if (location.StartsWith('/') && !location.StartsWith("//", StringComparison.Ordinal))
        {
            path = location;
        }
        else if (server is not null && Uri.TryCreate(location, UriKind.Absolute, out var uri)
            && uri.Scheme == server.Scheme && uri.Authority.Equals(server.Authority, StringComparison.OrdinalIgnoreCase))
        {
            path = uri.PathAndQuery + uri.Fragment;
        }
        else
        {
            return null;
        }
        if (!path.StartsWith(to, StringComparison.Ordinal) || (path.Length > to.Length && path[to.Length] is not ('/' or '?' or '#')))
        {
            return null;
        }
        return path.Length > to.Length ? from + path[to.Length..] : from.Length > 0 ? from : "/";
    }
}
