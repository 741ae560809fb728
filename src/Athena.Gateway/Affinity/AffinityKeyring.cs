using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using Athena.Hosting;

namespace Athena.Gateway.Affinity;

/// <summary>The keys of affinity cookies that are good now: all are read, the last by id issues.</summary>
internal sealed partial class AffinityKeyring : IDisposable
{
    private readonly LastGoodOptions<GatewayOptions> _options;
    private readonly CookieSeal _own = new(RandomNumberGenerator.GetBytes(32));
    private volatile CookieSeal[] _seals;

    public AffinityKeyring(LastGoodOptions<GatewayOptions> options, ILogger<AffinityKeyring> logger)
    {
        _options = options;
        _seals = Read();
        _options.Changed += Reload;
        if (_seals[0] == _own && options.Current.Affinity.Any(a => a.By == AffinityKey.Issued))
        {
            LogOwnKey(logger);
        }
    }

    /// <summary>A cookie by the newest key.</summary>
    public string Seal(string farm, string server, DateTimeOffset issued) => _seals[0].Seal(farm, server, issued);

    /// <summary>Reads a cookie of any key.</summary>
    public bool TryOpen(string farm, string cookie, [NotNullWhen(true)] out string? server, out DateTimeOffset issued)
    {
        foreach (var seal in _seals)
        {
            if (seal.TryOpen(farm, cookie, out server, out issued))
            {
                return true;
            }
        }
        (server, issued) = (null, default);
        return false;
    }

    public void Dispose() => _options.Changed -= Reload;

    private void Reload() => _seals = Read();

    private CookieSeal[] Read()
    {
        var keys = _options.Current.AffinityKeys;
        return keys.Count == 0 ? [_own] : [.. keys.OrderByDescending(k => k.Key, StringComparer.OrdinalIgnoreCase).Select(k => new CookieSeal(k.Value.Read()))];
    }

    [LoggerMessage(4003, LogLevel.Warning, "Gateway:AffinityKeys has no key: affinity cookies are good for this process alone, until it ends")]
    private static partial void LogOwnKey(ILogger logger);
}
