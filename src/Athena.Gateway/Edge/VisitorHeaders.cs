using System.Buffers;
using System.Collections.Frozen;
using Microsoft.Net.Http.Headers;

namespace Athena.Gateway.Edge;

/// <summary>Which of a visitor's headers reach a server.</summary>
internal static class VisitorHeaders
{
    /// <summary>Headers by which proxies tell who a visitor is or what was asked for: nobody's but a trusted proxy's to set.</summary>
    private static readonly FrozenSet<string> Identity = new[]
    {
        "Forwarded", "X-Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Forwarded-Protocol", "X-Forwarded-Scheme", "X-Forwarded-Port", "X-Forwarded-Prefix",
        "X-Forwarded-By", "X-Forwarded-Server", "X-Forwarded-Ssl", "X-Forwarded-Path", "X-Forwarded-Uri", "X-Forwarded-User", "X-Forwarded-Email", "X-Forwarded-Client-Cert", "X-Real-IP", "X-Client-IP", "Client-IP",
        "X-Cluster-Client-IP", "True-Client-IP", "CF-Connecting-IP", "CF-Connecting-IPv6", "Fastly-Client-IP", "X-Azure-ClientIP", "X-ProxyUser-IP", "X-Remote-IP", "X-Remote-Addr", "X-Originating-IP",
        "X-Original-Host", "X-Original-URL", "X-Rewrite-URL", "X-Original-For", "X-Original-Proto", "X-Original-Forwarded-For", "X-Host", "X-HTTP-Host-Override", "X-Envoy-External-Address", "X-Envoy-Internal",
        "X-Envoy-Original-Path", "X-Scheme", "X-URL-Scheme", "Front-End-Https", "X-SSL-Client-Cert", "X-SSL-Client-Verify", "X-ARR-ClientCert", "Proxy",
    }.ToFrozenSet(StringComparer.OrdinalIgnoreCase);

    private static readonly string[] OfHttp1 = [HeaderNames.TransferEncoding, HeaderNames.Connection, HeaderNames.KeepAlive, HeaderNames.ProxyConnection, HeaderNames.Upgrade];

    private static readonly SearchValues<char> Token = SearchValues.Create("!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ");

    /// <summary>What is wrong with fields that came over HTTP/2 or 3, where the server looks less closely; null: nothing.</summary>
    public static string? FaultBeyondHttp1(IHeaderDictionary headers)
    {
        foreach (var (name, _) in headers)
        {
            if (name.AsSpan().ContainsAnyExcept(Token) && name[0] != ':')
            {
                return "the name of a field has a character that none may have";
            }
        }
        return Array.Exists(OfHttp1, headers.ContainsKey) ? "a field of HTTP/1 connections has no meaning here" : null;
    }

    /// <summary>Takes out what must not pass.</summary>
    /// <param name="request">The request.</param>
    /// <param name="nominated">Headers that its `Connection` names: they end here.</param>
    /// <param name="options">What is kept.</param>
    /// <param name="isTrusted">Whether it came from a trusted proxy.</param>
    public static void Clean(HttpRequest request, string[] nominated, EdgeOptions options, bool isTrusted)
    {
        var headers = request.Headers;
        foreach (var name in nominated)
        {
            headers.Remove(name);
        }
        List<string>? leaving = null;
        var keepsUnderscores = options.Underscores == UnderscoreHeaders.Keep || IsGrpc(request);
        foreach (var (name, _) in headers)
        {
            var hasUnderscore = name.Contains('_');
            if (hasUnderscore ? !keepsUnderscores || IsIdentity(name.Replace('_', '-')) : !isTrusted && IsIdentity(name))
            {
                (leaving ??= []).Add(name);
            }
        }
        foreach (var name in leaving ?? [])
        {
            headers.Remove(name);
        }
    }

    /// <summary>Whether the visitor came by https, to us or to a trusted proxy before us: nobody else's word is left in the field.</summary>
    public static bool IsHttps(HttpRequest request) => request.IsHttps || "https".Equals(request.Headers["X-Forwarded-Proto"], StringComparison.OrdinalIgnoreCase);

    private static bool IsIdentity(string name) => Identity.Contains(name);

    public static bool IsGrpc(HttpRequest request) => request.ContentType?.StartsWith("application/grpc", StringComparison.OrdinalIgnoreCase) == true;
}
