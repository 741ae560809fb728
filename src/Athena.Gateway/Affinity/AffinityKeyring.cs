using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using Athena.Hosting;
using Microsoft.Extensions.Caching.Memory;

namespace Athena.Gateway.Affinity;

/// <summary>The keys of affinity cookies that are good now: all are read, the last by id issues.</summary>
/// <remarks>A cookie that was found good is known by its text until the keys change: to open it costs as much as the rest of asking for its server.</remarks>
internal sealed partial class AffinityKeyring : IDisposable
{
    /// <summary>Most cookies that are known.</summary>
    public const int MostKnown = 16_384;

    private static readonly MemoryCacheEntryOptions One = new() { Size = 1 };

    private readonly LastGoodOptions<GatewayOptions> _options;
    private readonly CookieSeal _own = new(RandomNumberGenerator.GetBytes(32));
    private volatile Keys _keys;

    public AffinityKeyring(LastGoodOptions<GatewayOptions> options, ILogger<AffinityKeyring> logger)
    {
        _options = options;
        _keys = Read();
        _options.Changed += Reload;
        if (_keys.Seals[0] == _own && options.Current.Affinity.Any(a => a.By == AffinityKey.Issued))
        {
            LogOwnKey(logger);
        }
    }

    /// <summary>A cookie by the newest key.</summary>
    public string Seal(string farm, string server, DateTimeOffset issued) => _keys.Seals[0].Seal(farm, server, issued);

    /// <summary>Reads a cookie of any key.</summary>
    public bool TryOpen(string farm, string cookie, [NotNullWhen(true)] out string? server, out DateTimeOffset issued)
    {
        var keys = _keys;
        if (keys.Known.TryGetValue(cookie, out Opened? known) && farm.Equals(known!.Farm, StringComparison.OrdinalIgnoreCase))
        {
            (server, issued) = (known.Server, known.Issued);
            return true;
        }
        foreach (var seal in keys.Seals)
        {
            if (seal.TryOpen(farm, cookie, out server, out issued))
            {
                keys.Known.Set(cookie, new Opened(farm, server, issued), One);
                return true;
            }
        }
        (server, issued) = (null, default);
        return false;
    }

    public void Dispose()
    {
        _options.Changed -= Reload;
        _keys.Known.Dispose();
    }

    // The cookies known before are left to the collector: somebody may be looking one up.
    private void Reload() => _keys = Read();

    private Keys Read()
    {
        var keys = _options.Current.AffinityKeys;
        return new Keys(keys.Count == 0 ? [_own] : [.. keys.OrderByDescending(k => k.Key, StringComparer.OrdinalIgnoreCase).Select(k => new CookieSeal(k.Value.Read()))],
            new MemoryCache(new MemoryCacheOptions { SizeLimit = MostKnown }));
    }

    /// <summary>The keys, the one that issues first, and the cookies that they were found to have made.</summary>
    private sealed record Keys(CookieSeal[] Seals, MemoryCache Known);

    private sealed record Opened(string Farm, string Server, DateTimeOffset Issued);

    [LoggerMessage(4003, LogLevel.Warning, "Gateway:AffinityKeys has no key: affinity cookies are good for this process alone, until it ends")]
    private static partial void LogOwnKey(ILogger logger);
}
