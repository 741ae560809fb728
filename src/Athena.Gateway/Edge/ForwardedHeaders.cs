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
        Write(context.HttpContext, context.ProxyRequest.Headers, Set);
        return ValueTask.CompletedTask;
    }

    /// <summary>Whether it sets a field, so that the visitor's own must not pass beside it.</summary>
    public bool Sets(string name) => name.Length switch
    {
        15 => name.Equals("X-Forwarded-For", StringComparison.OrdinalIgnoreCase),
        16 => name.Equals("X-Forwarded-Host", StringComparison.OrdinalIgnoreCase),
        17 => name.Equals("X-Forwarded-Proto", StringComparison.OrdinalIgnoreCase),
        9 => name.Equals("Forwarded", StringComparison.OrdinalIgnoreCase) || (_tellsClientIp && name.Equals("client-ip", StringComparison.OrdinalIgnoreCase)),
        _ => false,
    };

    /// <summary>Tells the fields of a request.</summary>
    public void Write<T>(HttpContext context, T to, Action<T, string, string> write)
    {
        var request = context.Request;
        var address = context.Connection.RemoteIpAddress is { IsIPv4MappedToIPv6: true } mapped ? mapped.MapToIPv4() : context.Connection.RemoteIpAddress;
        var text = address?.ToString() ?? "unknown";
        // What stands there came from a trusted proxy: whatever others sent is gone by now.
        write(to, "X-Forwarded-For", Continued(request.Headers["X-Forwarded-For"].ToString(), text));
        write(to, "X-Forwarded-Host", request.Headers["X-Forwarded-Host"] is [{ Length: > 0 } host] ? host : request.Host.Value ?? "");
        write(to, "X-Forwarded-Proto", request.Headers["X-Forwarded-Proto"] is [{ Length: > 0 } scheme] ? scheme : request.Scheme);
        write(to, "Forwarded", Continued(request.Headers["Forwarded"].ToString(), $"for={Quoted(address)};host=\"{request.Host.Value}\";proto={request.Scheme}"));
        if (_tellsClientIp)
        {
            write(to, "client-ip", text);
        }
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
