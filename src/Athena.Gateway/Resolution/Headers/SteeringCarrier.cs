using Microsoft.Extensions.Options;
using Microsoft.Extensions.Primitives;

namespace Athena.Gateway.Resolution.Headers;

/// <summary>Takes the application's steering token out of a visitor's request: from the header, or from the cookie.</summary>
internal sealed class SteeringCarrier
{
    private const string HostPrefix = "__Host-";

    private readonly SteeringOptions _options;
    private readonly string _hostCookie;

    public SteeringCarrier(IOptions<GatewayOptions> options)
    {
        _options = options.Value.Steering;
        _hostCookie = _options.Cookie.StartsWith(HostPrefix, StringComparison.Ordinal) ? _options.Cookie : HostPrefix + _options.Cookie;
    }

    /// <summary>Whether a cookie is the one that carries tokens.</summary>
    public bool IsCookie(ReadOnlySpan<char> name) => name.SequenceEqual(_options.Cookie) || name.SequenceEqual(_hostCookie);

    /// <summary>The token; null when there is none. It goes no further, unless told otherwise.</summary>
    public string? Take(IHeaderDictionary headers)
    {
        string? token = null;
        if (headers.TryGetValue(_options.Header, out var header))
        {
            // Two of them become one text that is no token.
            token = header.ToString();
            if (!_options.PassOn)
            {
                headers.Remove(_options.Header);
            }
        }
        var cookies = headers.Cookie;
        return RequestCookies.MayHold(cookies, _options.Cookie) && FromCookies(headers, cookies) is { } carried ? token ?? carried : token;
    }

    private string? FromCookies(IHeaderDictionary headers, in StringValues lines)
    {
        string? plain = null, host = null;
        var kept = new List<string>();
        foreach (var pair in RequestCookies.Pairs(lines))
        {
            var sign = pair.IndexOf('=', StringComparison.Ordinal);
            if (sign <= 0 || !IsCookie(pair.AsSpan(0, sign)))
            {
                kept.Add(pair);
                continue;
            }
            // One with the prefix cannot come from a subdomain. Of two, browsers send the more specific first.
            var value = pair[(sign + 1)..].Trim('"');
            _ = pair.StartsWith(_hostCookie, StringComparison.Ordinal) ? host ??= value : plain ??= value;
        }
        if ((plain ?? host) is not null && !_options.PassOn)
        {
            RequestCookies.Keep(headers, kept);
        }
        return host ?? plain;
    }
}
