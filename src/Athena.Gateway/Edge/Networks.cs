using System.Net;

namespace Athena.Gateway.Edge;

/// <summary>A set of networks.</summary>
internal sealed class Networks(IEnumerable<string> texts)
{
    private readonly IPNetwork[] _networks = [.. texts.Select(t => TryRead(t, out var network) ? network : throw new FormatException(t))];

    public bool Contains(IPAddress? address)
    {
        if (_networks.Length == 0 || address is null)
        {
            return false;
        }
        var plain = address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
        return Array.Exists(_networks, n => n.Contains(plain));
    }

    public static bool TryRead(string text, out IPNetwork network)
    {
        if (IPAddress.TryParse(text, out var address))
        {
            network = new IPNetwork(address, address.GetAddressBytes().Length * 8);
            return true;
        }
        return IPNetwork.TryParse(text, out network);
    }
}
