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
    /// <summary>The fields, and what each says. What stands in a request came from a trusted proxy: whatever others sent is gone by now.</summary>
    private static readonly Field[] Usual =
    [
        new("X-Forwarded-For", static (request, visitor) => Continued(request.Headers["X-Forwarded-For"].ToString(), Text(visitor))),
        new("X-Forwarded-Host", static (request, _) => request.Headers["X-Forwarded-Host"] is [{ Length: > 0 } host] ? host : request.Host.Value ?? ""),
        new("X-Forwarded-Proto", static (request, _) => request.Headers["X-Forwarded-Proto"] is [{ Length: > 0 } scheme] ? scheme : request.Scheme),
        new("Forwarded", static (request, visitor) => Continued(request.Headers["Forwarded"].ToString(), $"for={Quoted(visitor)};host=\"{request.Host.Value}\";proto={request.Scheme}")),
    ];

    private readonly Field[] _fields = options.Value.Edge.ClientIp ? [.. Usual, new("client-ip", static (_, visitor) => Text(visitor))] : Usual;

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
    public bool Sets(string name)
    {
        foreach (var field in _fields)
        {
            if (name.Equals(field.Name, StringComparison.OrdinalIgnoreCase))
            {
                return true;
            }
        }
        return false;
    }

    /// <summary>Tells the fields of a request.</summary>
    public void Write<T>(HttpContext context, T to, Action<T, string, string> write)
    {
        var visitor = context.Connection.RemoteIpAddress is { IsIPv4MappedToIPv6: true } mapped ? mapped.MapToIPv4() : context.Connection.RemoteIpAddress;
        foreach (var field in _fields)
        {
            write(to, field.Name, field.Value(context.Request, visitor));
        }
    }

    private static string Continued(string before, string own) => before.Length == 0 ? own : $"{before}, {own}";

    private static string Text(IPAddress? visitor) => visitor?.ToString() ?? "unknown";

    private static string Quoted(IPAddress? address) => address is null ? "unknown" : address.AddressFamily == AddressFamily.InterNetworkV6 ? $"\"[{address}]\"" : address.ToString();

    private static void Set(System.Net.Http.Headers.HttpRequestHeaders headers, string name, string value)
    {
        headers.Remove(name);
        if (value.Length > 0)
        {
            headers.TryAddWithoutValidation(name, value);
        }
    }

    /// <summary>One field: its name, and its value by the request and the address at the other end of the connection.</summary>
    private readonly record struct Field(string Name, Func<HttpRequest, IPAddress?, string> Value);
}
