using Athena.Gateway.Edge;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Net.Http.Headers;

namespace Athena.Gateway.Forwarding;

/// <summary>The head that a server gets of a visitor's request: what YARP and HttpClient would send, in bytes at once.</summary>
internal static class RequestHead
{
    /// <summary>Writes the head of a request without a body.</summary>
    public static void Write(HeadWriter head, HttpContext context, ServerPool pool, LeanRoute route, ForwardedHeaders forwarded)
    {
        var request = context.Request;
        head.Clear();
        head.Add(HttpMethods.IsGet(request.Method) ? "GET "u8 : "HEAD "u8);
        WriteTarget(head, context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget, pool.Path, route);
        head.Add(" HTTP/1.1\r\nHost: "u8);
        head.Add(pool.Host);
        head.Add("\r\n"u8);
        foreach (var (name, values) in request.Headers)
        {
            if (Passes(name) && !forwarded.Sets(name))
            {
                head.AddField(name, values.Count == 1 ? values[0] : Joined(name, values.ToArray()));
            }
        }
        forwarded.Write(context, head, static (head, name, value) =>
        {
            if (value.Length > 0)
            {
                head.AddField(name, value);
            }
        });
        head.Add("\r\n"u8);
    }

    /// <summary>Writes the target of a request: the route's prefix off, the server's and the route's on.</summary>
    internal static void WriteTarget(HeadWriter head, ReadOnlySpan<char> target, ReadOnlySpan<char> path, LeanRoute route)
    {
        var query = target.IndexOf('?');
        var own = query < 0 ? target : target[..query];
        if (route.From.Length > 0 && own.StartsWith(route.From, StringComparison.OrdinalIgnoreCase) && (own.Length == route.From.Length || own[route.From.Length] == '/'))
        {
            own = own[route.From.Length..];
        }
        head.Add(path);
        head.Add(route.To);
        head.Add(path.Length + route.To.Length + own.Length == 0 ? "/" : own);
        if (query >= 0)
        {
            head.Add(target[query..]);
        }
    }

    private static bool Passes(string name) => name[0] != ':' && !name.Equals(HeaderNames.Host, StringComparison.OrdinalIgnoreCase) && !FieldNames.OfConnection.Contains(name);

    private static string Joined(string name, string?[] values) => string.Join(name.Equals(HeaderNames.Cookie, StringComparison.OrdinalIgnoreCase) ? "; " : ", ", values);
}
