using System.Collections.Frozen;
using System.Text;
using Athena.Client.Statistics;
using Microsoft.Net.Http.Headers;

namespace Athena.Gateway.Forwarding;

/// <summary>Names of fields that servers often send: one text for each, found by its bytes.</summary>
internal static class FieldNames
{
    private static readonly string[] Usual =
    [
        HeaderNames.AcceptRanges, HeaderNames.AccessControlAllowCredentials, HeaderNames.AccessControlAllowHeaders, HeaderNames.AccessControlAllowMethods, HeaderNames.AccessControlAllowOrigin,
        HeaderNames.AccessControlExposeHeaders, HeaderNames.AccessControlMaxAge, HeaderNames.Age, HeaderNames.Allow, HeaderNames.CacheControl, HeaderNames.Connection, HeaderNames.ContentDisposition,
        HeaderNames.ContentEncoding, HeaderNames.ContentLanguage, HeaderNames.ContentLength, HeaderNames.ContentLocation, HeaderNames.ContentRange, HeaderNames.ContentSecurityPolicy,
        HeaderNames.ContentType, HeaderNames.Date, HeaderNames.ETag, HeaderNames.Expires, HeaderNames.KeepAlive, HeaderNames.LastModified, HeaderNames.Link, HeaderNames.Location, HeaderNames.Pragma,
        HeaderNames.RetryAfter, HeaderNames.Server, HeaderNames.SetCookie, HeaderNames.StrictTransportSecurity, HeaderNames.Trailer, HeaderNames.TransferEncoding, HeaderNames.Upgrade, HeaderNames.Vary,
        HeaderNames.Via, HeaderNames.Warning, HeaderNames.WWWAuthenticate, HeaderNames.XContentTypeOptions, HeaderNames.XFrameOptions, HeaderNames.XPoweredBy, HeaderNames.XXSSProtection,
        "Referrer-Policy", "Permissions-Policy", LoadReportReader.BinaryName, LoadReportReader.TextName,
    ];

    /// <summary>By length.</summary>
    private static readonly (int Place, string Name)[][] ByLength = [.. Enumerable.Range(0, Usual.Max(n => n.Length) + 1)
        .Select(length => Usual.Select((name, place) => (place, name)).Where(n => n.name.Length == length).ToArray())];

    /// <summary>How many there are.</summary>
    public static int Count => Usual.Length;

    public static readonly int ContentLength = PlaceOf(HeaderNames.ContentLength);

    public static readonly int TransferEncoding = PlaceOf(HeaderNames.TransferEncoding);

    public static readonly int Connection = PlaceOf(HeaderNames.Connection);

    public static readonly int BinaryLoad = PlaceOf(LoadReportReader.BinaryName);

    public static readonly int TextLoad = PlaceOf(LoadReportReader.TextName);

    /// <summary>Fields of the connection that a message came by: they end here (RFC 9110, 7.6.1), and those of proxies' own; the same as YARP's.</summary>
    public static readonly FrozenSet<string> OfConnection = new[]
    {
        HeaderNames.Connection, HeaderNames.TransferEncoding, HeaderNames.KeepAlive, HeaderNames.Upgrade, HeaderNames.ProxyConnection, HeaderNames.ProxyAuthenticate, "Proxy-Authentication-Info",
        HeaderNames.ProxyAuthorization, "Proxy-Features", "Proxy-Instruction", "Security-Scheme", "ALPN", "Close", HeaderNames.TE, HeaderNames.AltSvc,
    }.ToFrozenSet(StringComparer.OrdinalIgnoreCase);

    /// <summary>The name, and its place among the usual ones; -1: it is none of them.</summary>
    public static (int Place, string Name) Of(ReadOnlySpan<byte> name)
    {
        foreach (var usual in name.Length < ByLength.Length ? ByLength[name.Length] : [])
        {
            if (Ascii.EqualsIgnoreCase(name, usual.Name))
            {
                return usual;
            }
        }
        return (-1, Encoding.ASCII.GetString(name));
    }

    private static int PlaceOf(string name) => Array.IndexOf(Usual, name);
}
