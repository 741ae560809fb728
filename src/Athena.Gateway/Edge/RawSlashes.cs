using System.Text;
using Microsoft.AspNetCore.Http.Features;
using Yarp.ReverseProxy.Forwarder;
using Yarp.ReverseProxy.Transforms;
using Yarp.ReverseProxy.Transforms.Builder;

namespace Athena.Gateway.Edge;

/// <summary>Passes `%2F` on as `%2F`: the framework leaves it in the path unread, and the '%' would be escaped a second time on the way out (YARP #1419).</summary>
internal sealed class RawSlashes : ITransformProvider
{
    private const string Doubled = "%252F";

    public void ValidateRoute(TransformRouteValidationContext context)
    {
    }

    public void ValidateCluster(TransformClusterValidationContext context)
    {
    }

    public void Apply(TransformBuilderContext context) => context.AddRequestTransform(request =>
    {
        var raw = PathRules.PathOf(request.HttpContext.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget);
        if (raw.Contains("%2F", StringComparison.OrdinalIgnoreCase))
        {
            var uri = (request.ProxyRequest.RequestUri ?? RequestUtilities.MakeDestinationAddress(request.DestinationPrefix, request.Path, request.Query.QueryString)).OriginalString;
            var query = uri.IndexOf('?', StringComparison.Ordinal);
            var path = query < 0 ? uri : uri[..query];
            request.ProxyRequest.RequestUri = new Uri(Restored(path, raw.ToString()) + uri[path.Length..]);
        }
        return ValueTask.CompletedTask;
    });

    /// <summary>The path with each slash escaped as it came. A prefix may have been taken off or put on in front: both are read from the end.</summary>
    internal static string Restored(string escaped, string raw)
    {
        var result = new StringBuilder(escaped);
        var (at, from) = (escaped.Length, raw.Length);
        while (at > 0 && (at = escaped.LastIndexOf(Doubled, at - 1, StringComparison.OrdinalIgnoreCase)) >= 0)
        {
            var single = from > 0 ? raw.LastIndexOf("%2F", from - 1, StringComparison.OrdinalIgnoreCase) : -1;
            var twice = from > 0 ? raw.LastIndexOf(Doubled, from - 1, StringComparison.OrdinalIgnoreCase) : -1;
            from = Math.Max(single, twice);
            if (from < 0)
            {
                break;
            }
            if (single > twice)
            {
                result.Remove(at + 1, 2);
            }
        }
        return result.ToString();
    }
}
