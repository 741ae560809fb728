using System.Globalization;
using Athena.Gateway.Edge;
using Athena.Gateway.Forwarding;
using Athena.Gateway.Routing;
using Athena.Gateway.Telemetry;
using Microsoft.Extensions.Primitives;
using Yarp.ReverseProxy.Configuration;

namespace Athena.Gateway.Affinity;

/// <summary>Sets the affinity cookie on answers of servers that the visitor's own does not name: on the first, after a move, and when half its lifetime is over.</summary>
/// <remarks>The cookie names who answered last, whoever decided that: the policy, a steering token, a retry. An answer of the gateway's own sets none.</remarks>
internal sealed class AffinitySetCookie(VisitorPins pins, AffinityKeyring keyring, GatewayMetrics metrics, TimeProvider time) : IAnswerChange
{
    public AnswerChange? Of(RouteConfig route) => FarmCluster.FarmOf(route.ClusterId) is { } farm && pins.Of(farm) is not null ? Answered : null;

    private void Answered(HttpContext context, Uri _)
    {
        if (context.Features.Get<VisitorPin>() is not { } pin || context.Features.Get<Attempt>() is not { Server: { Length: > 0 } server })
        {
            return;
        }
        var stays = server.Equals(pin.Server, StringComparison.OrdinalIgnoreCase);
        metrics.Stayed(pin.Affinity.Farm, stays ? "kept" : pin.Server is not null ? "moved" : pin.HadCookie ? "ignored" : "issued");
        var headers = context.Response.Headers;
        if (headers.SetCookie is { Count: > 0 } set && set.Any(c => IsNamed(c, pin.Affinity.CookieName)))
        {
            // A server's cookie of that name would come back to us, not to the server.
            headers.SetCookie = new StringValues([.. set.Where(c => !IsNamed(c, pin.Affinity.CookieName))]);
        }
        if (stays && !pin.IsOld)
        {
            return;
        }
        headers.Append("Set-Cookie", CookieOf(pin.Affinity, keyring.Seal(pin.Affinity.Farm, server, time.GetUtcNow()), VisitorHeaders.IsHttps(context.Request)));
        if (!headers.CacheControl.Any(c => c?.Contains("private", StringComparison.OrdinalIgnoreCase) == true || c?.Contains("no-store", StringComparison.OrdinalIgnoreCase) == true))
        {
            // A shared cache must not hand one visitor's cookie to the others.
            headers.Append("Cache-Control", "private");
        }
    }

    private static bool IsNamed(string? cookie, string name) => cookie?.IndexOf('=', StringComparison.Ordinal) is { } sign and > 0 && cookie.AsSpan(0, sign).Trim().SequenceEqual(name);

    internal static string CookieOf(AffinityOptions affinity, string value, bool isHttps)
    {
        var age = affinity.Lifetime is { } lifetime ? string.Create(CultureInfo.InvariantCulture, $"; Max-Age={(long)lifetime.TotalSeconds}") : "";
        return $"{affinity.CookieName}={value}; Path={affinity.Path}{age}; HttpOnly; SameSite={affinity.SameSite}{(isHttps ? "; Secure" : "")}";
    }
}
