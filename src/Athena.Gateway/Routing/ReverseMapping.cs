using Athena.Gateway.Forwarding;
using Yarp.ReverseProxy.Configuration;

namespace Athena.Gateway.Routing;

/// <summary>httpd's ProxyPassReverse: redirects that a server sends to its own address lead back through the gateway.</summary>
internal sealed class ReverseMapping : IAnswerChange
{
    /// <summary>Route metadata: path at the gateway, without a final '/'.</summary>
    public const string From = "Athena.ProxyPass.From";

    /// <summary>Route metadata: path at the farm, without a final '/'.</summary>
    public const string To = "Athena.ProxyPass.To";

    private static readonly string[] Headers = ["Location", "Content-Location"];

    public AnswerChange? Of(RouteConfig route)
    {
        if (route.Metadata?.TryGetValue(From, out var from) != true || from is null)
        {
            return null;
        }
        var to = route.Metadata[To];
        return (context, server) =>
        {
            var fields = context.Response.Headers;
            foreach (var header in Headers)
            {
                if (fields.TryGetValue(header, out var value) && value.Count == 1 && Mapped(value[0]!, server, from, to) is { } mapped)
                {
                    fields[header] = mapped;
                }
            }
        };
    }

    /// <summary>The location as the visitor reaches it; null when it leads elsewhere.</summary>
    internal static string? Mapped(string location, Uri server, string from, string to)
    {
        string path;
        if (location.StartsWith('/') && !location.StartsWith("//", StringComparison.Ordinal))
        {
            path = location;
        }
        else if (Uri.TryCreate(location, UriKind.Absolute, out var uri)
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
