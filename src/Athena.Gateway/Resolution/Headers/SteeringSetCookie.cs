using Athena.Gateway.Edge;
using Athena.Gateway.Forwarding;
using Microsoft.Extensions.Primitives;
using Yarp.ReverseProxy.Configuration;

namespace Athena.Gateway.Resolution.Headers;

/// <summary>Adds to the steering cookie that a server sets what keeps it from scripts, from other sites and from clear text.</summary>
internal sealed class SteeringSetCookie(SteeringCarrier carrier) : IAnswerChange
{
    public AnswerChange? Of(RouteConfig route) => Guard;

    /// <summary>With the attributes that are missing.</summary>
    internal static string Guarded(string cookie, bool isHttps)
    {
        var attributes = cookie.Split(';', StringSplitOptions.TrimEntries).Skip(1).Select(a => a.Split('=')[0].TrimEnd()).ToHashSet(StringComparer.OrdinalIgnoreCase);
        return cookie.TrimEnd(' ', ';') + (attributes.Contains("HttpOnly") ? "" : "; HttpOnly") + (attributes.Contains("SameSite") ? "" : "; SameSite=Lax")
            + (attributes.Contains("Secure") || !isHttps ? "" : "; Secure");
    }

    private void Guard(HttpContext context, Uri server)
    {
        var headers = context.Response.Headers;
        if (headers.SetCookie is { Count: > 0 } cookies && cookies.Any(IsOurs))
        {
            var isHttps = VisitorHeaders.IsHttps(context.Request);
            headers.SetCookie = new StringValues([.. cookies.Select(c => IsOurs(c) ? Guarded(c!, isHttps) : c)]);
        }
    }

    private bool IsOurs(string? cookie) => cookie?.IndexOf('=', StringComparison.Ordinal) is { } sign and > 0 && carrier.IsCookie(cookie.AsSpan(0, sign).Trim());
}
