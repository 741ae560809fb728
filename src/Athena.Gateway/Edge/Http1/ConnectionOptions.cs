using System.Collections.Frozen;
using System.Text;

namespace Athena.Gateway.Edge.Http1;

/// <summary>What the field `Connection` of a request names beside its well-known options.</summary>
internal static class ConnectionOptions
{
    private static readonly FrozenSet<string> WellKnown = new[] { "close", "keep-alive", "upgrade", "TE", "HTTP2-Settings" }.ToFrozenSet(StringComparer.OrdinalIgnoreCase);

    /// <summary>Headers that belong to the message and not to the connection: to name one here is an attempt to have it taken out on the way.</summary>
    private static readonly FrozenSet<string> EndToEnd = new[]
    {
        "Host", "Content-Length", "Content-Type", "Content-Encoding", "Transfer-Encoding", "Authorization", "Cookie", "Cache-Control", "Connection", "Date", "Expect", "Max-Forwards", "Range", "Trailer", "Via",
    }.ToFrozenSet(StringComparer.OrdinalIgnoreCase);

    /// <summary>Adds the headers named; false when one must not be.</summary>
    public static bool Read(ReadOnlySpan<byte> value, ref List<string>? names)
    {
        if (Ascii.EqualsIgnoreCase(value, "keep-alive"u8) || Ascii.EqualsIgnoreCase(value, "close"u8))
        {
            return true;
        }
        foreach (var name in Encoding.Latin1.GetString(value).Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            if (EndToEnd.Contains(name))
            {
                return false;
            }
            if (!WellKnown.Contains(name))
            {
                (names ??= []).Add(name);
            }
        }
        return true;
    }
}
