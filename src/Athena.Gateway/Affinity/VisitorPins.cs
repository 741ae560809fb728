using Athena.Gateway.Resolution.Headers;
using Microsoft.Extensions.Options;

namespace Athena.Gateway.Affinity;

/// <summary>What a visitor's affinity cookie says; kept with the request until its answer.</summary>
/// <param name="Affinity">The farm's affinity.</param>
/// <param name="Server">The server; null: there was no cookie, or none that is good.</param>
/// <param name="HadCookie">Whether there was one, good or not.</param>
/// <param name="IsOld">Whether half its lifetime is over: it is time for a new one.</param>
internal sealed record VisitorPin(AffinityOptions Affinity, string? Server, bool HadCookie, bool IsOld);

/// <summary>Reads the cookies that the gateway issued and takes them out of requests: servers have no use for them.</summary>
internal sealed class VisitorPins
{
    /// <summary>How far the clocks of gateways may differ.</summary>
    private static readonly TimeSpan Skew = TimeSpan.FromMinutes(5);

    private readonly AffinityKeyring _keyring;
    private readonly TimeProvider _time;
    private readonly Dictionary<string, AffinityOptions> _byFarm;

    public VisitorPins(IOptions<GatewayOptions> options, AffinityKeyring keyring, TimeProvider time)
    {
        (_keyring, _time) = (keyring, time);
        _byFarm = options.Value.Affinity.Where(a => a.By == AffinityKey.Issued).ToDictionary(a => a.Farm, StringComparer.OrdinalIgnoreCase);
    }

    /// <summary>The affinity of a farm; null when the gateway issues no cookies for it.</summary>
    public AffinityOptions? Of(string farm) => _byFarm.Count == 0 ? null : _byFarm.GetValueOrDefault(farm);

    /// <summary>The server that a visitor of a farm stays with; null when there is none yet, or the farm has no such affinity.</summary>
    public string? Take(HttpContext context, string farm)
    {
        if (_byFarm.Count == 0 || !_byFarm.TryGetValue(farm, out var affinity))
        {
            return null;
        }
        var pin = Read(affinity, RequestCookies.Take(context.Request.Headers, affinity.CookieName));
        context.Features.Set(pin);
        return pin.Server;
    }

    private VisitorPin Read(AffinityOptions affinity, string? cookie)
    {
        if (cookie is null || !_keyring.TryOpen(affinity.Farm, cookie, out var server, out var issued))
        {
            return new VisitorPin(affinity, null, cookie is not null, false);
        }
        var age = _time.GetUtcNow() - issued;
        var isGood = age >= -Skew && (affinity.Lifetime is not { } lifetime || age < lifetime);
        return new VisitorPin(affinity, isGood ? server : null, true, age >= affinity.Lifetime / 2);
    }
}
