using System.Net;
using Microsoft.Extensions.Options;

namespace Athena.Gateway.Edge;

/// <summary>Who a visitor is: the connection's address, or, behind trusted proxies, the last one in `X-Forwarded-For` that is not theirs.</summary>
internal sealed class ClientAddress(IOptions<GatewayOptions> options)
{
    private readonly Networks _trusted = new(options.Value.Edge.TrustedProxies);

    public IPAddress Of(HttpContext context)
    {
        var address = context.Connection.RemoteIpAddress ?? IPAddress.None;
        if (!_trusted.Contains(address))
        {
            return address;
        }
        var named = context.Request.Headers["X-Forwarded-For"].ToString().Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        for (var i = named.Length - 1; i >= 0; i--)
        {
            // What cannot be read is nobody's word any more.
            if (!IPAddress.TryParse(named[i], out var next))
            {
                break;
            }
            address = next;
            if (!_trusted.Contains(address))
            {
                break;
            }
        }
        return address;
    }
}
