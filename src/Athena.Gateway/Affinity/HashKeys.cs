using System.Security.Cryptography;
using System.Text;
using Athena.Gateway.Edge;
using Microsoft.Extensions.Options;

namespace Athena.Gateway.Affinity;

/// <summary>The hash key of a request, for farms that keep visitors at one server.</summary>
internal sealed class HashKeys(IOptions<GatewayOptions> options, ClientAddress client)
{
    /// <summary>The contract takes 1,024 bytes; whatever is longer goes by its own hash.</summary>
    private const int Longest = 256;

    private readonly Dictionary<string, AffinityOptions> _byFarm = options.Value.Affinity
        .Where(a => a.By != AffinityKey.Issued).ToDictionary(a => a.Farm, StringComparer.OrdinalIgnoreCase);

    /// <summary>The key; null when the farm has no affinity or the request lacks what is hashed.</summary>
    public string? Of(HttpContext context, string farm)
    {
        if (_byFarm.Count == 0 || !_byFarm.TryGetValue(farm, out var affinity))
        {
            return null;
        }
        var key = affinity.By switch
        {
            AffinityKey.Header => context.Request.Headers[affinity.Name!].ToString(),
            AffinityKey.Cookie => context.Request.Cookies[affinity.Name!],
            _ => client.Of(context).ToString(),
        };
        return string.IsNullOrEmpty(key) ? null : key.Length <= Longest ? key : Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(key)));
    }
}
