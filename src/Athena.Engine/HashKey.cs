using System.IO.Hashing;
using System.Text;

namespace Athena.Engine;

/// <summary>Turns a caller's hash key into the number that `consistent_hash` goes by.</summary>
public static class HashKey
{
    private const int StackBytes = 1024;

    /// <summary>xxHash64, seed 0, of the key in UTF-8. Allocates nothing for keys of up to 340 characters.</summary>
    public static ulong Of(ReadOnlySpan<char> key)
    {
        var most = Encoding.UTF8.GetMaxByteCount(key.Length);
        var bytes = most <= StackBytes ? stackalloc byte[most] : new byte[most];
        return XxHash64.HashToUInt64(bytes[..Encoding.UTF8.GetBytes(key, bytes)]);
    }

    /// <summary>xxHash64 of a member's name, which is compared without case.</summary>
    internal static ulong OfName(string name, long seed = 0) => XxHash64.HashToUInt64(Encoding.UTF8.GetBytes(name.ToUpperInvariant()), seed);
}
