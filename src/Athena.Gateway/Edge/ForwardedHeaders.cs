using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Options;
using Yarp.ReverseProxy.Transforms;
using Yarp.ReverseProxy.Transforms.Builder;

namespace Athena.Gateway.Edge;

/// <summary>Tells servers who the visitor is and what was asked for: `X-Forwarded-For`, `-Host`, `-Proto` and `Forwarded` (RFC 7239), continued from trusted proxies alone.</summary>
/// <remarks>A route that has transforms of its own for these headers keeps them.</remarks>
internal sealed class ForwardedHeaders(IOptions<GatewayOptions> options) : ITransformProvider
{
    private readonly bool _tellsClientIp = options.Value.Edge.ClientIp;

    public void ValidateRoute(TransformRouteValidationContext context)
    {
    }

    public void ValidateCluster(TransformClusterValidationContext context)
    {
    }

    public void Apply(TransformBuilderContext context)
    {
        if (context.UseDefaultForwarders == false || context.Route.Transforms?.Any(t => t.ContainsKey("X-Forwarded") || t.ContainsKey("Forwarded")) == true)
        {
            return;
        }
        context.UseDefaultForwarders = false;
        context.AddRequestTransform(Apply);
    }

    private ValueTask Apply(RequestTransformContext context)
    {
        var request = context.HttpContext.Request;
        var headers = context.ProxyRequest.Headers;
        var address = context.HttpContext.Connection.RemoteIpAddress is { IsIPv4MappedToIPv6: true } mapped ? mapped.MapToIPv4() : context.HttpContext.Connection.RemoteIpAddress;
        var text = address?.ToString() ?? "unknown";
        // What stands there came from a trusted proxy: whatever others sent is gone by now.
        Set(headers, "X-Forwarded-For", Continued(request.Headers["X-Forwarded-For"].ToString(), text));
        Set(headers, "X-Forwarded-Host", request.Headers["X-Forwarded-Host"] is [{ Length: > 0 } host] ? host : request.Host.Value ?? "");
        Set(headers, "X-Forwarded-Proto", request.Headers["X-Forwarded-Proto"] is [{ Length: > 0 } scheme] ? scheme : request.Scheme);
        Set(headers, "Forwarded", Continued(request.Headers["Forwarded"].ToString(), $"for={Quoted(address)};host=\"{request.Host.Value}\";proto={request.Scheme}"));
        if (_tellsClientIp)
        {
            Set(headers, "client-ip", text);
        }
        return ValueTask.CompletedTask;
    }

    private static string Continued(string before, string own) => before.Length == 0 ? own : $"{before}, {own}";

    private static string Quoted(IPAddress? address) => address is null ? "unknown" : address.AddressFamily == AddressFamily.InterNetworkV6 ? $"\"[{address}]\"" : address.ToString();

    private static void Set(System.Net.Http.Headers.HttpRequestHeaders headers, string name, string value)
    {
        headers.Remove(name);
        if (value.Length > 0)
        {
            headers.TryAddWithoutValidation(name, value);
        }
    }
}
