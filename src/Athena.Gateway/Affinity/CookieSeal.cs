using System.Buffers;
using System.Buffers.Binary;
using System.Buffers.Text;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;

namespace Athena.Gateway.Affinity;

/// <summary>Makes affinity cookies with one key and opens them: who looks at one sees neither server nor time, and nobody else can make one.</summary>
/// <remarks>
/// base64url of: a byte that tells the key, 16 random bytes, the sealed time and name, 16 bytes that hold it. Sealed by AES-256-GCM under a key of its own for each cookie, by HKDF-SHA256 (RFC 5869) from the
/// secret and the random bytes, so that no count of cookies wears a secret out; bound to the farm asked for. One spelling alone is read. Safe from any thread.
/// </remarks>
internal sealed class CookieSeal(byte[] secret)
{
    /// <summary>Longest cookie, in characters: that of a name of 253.</summary>
    public const int MaxLength = (Overhead + MaxName + 2) / 3 * 4;

    private const int MaxName = 253;
    private const int Salt = 16;
    private const int Time = 4;
    private const int Tag = 16;
    private const int Overhead = 1 + Salt + Time + Tag;

    /// <summary>Most keys that did not make a cookie are told by it alone; of the secret it says eight bits of a hash.</summary>
    private readonly byte _hint = HMACSHA256.HashData(secret, "athena affinity hint"u8)[0];

    /// <summary>A cookie that keeps visitors of a farm at a server.</summary>
    public string Seal(string farm, string server, DateTimeOffset issued)
    {
        Span<byte> all = stackalloc byte[Overhead + MaxName];
        all = all[..(Overhead + server.Length)];
        all[0] = _hint;
        RandomNumberGenerator.Fill(all.Slice(1, Salt));
        Span<byte> plain = stackalloc byte[Time + MaxName];
        plain = plain[..(Time + server.Length)];
        BinaryPrimitives.WriteUInt32BigEndian(plain, (uint)issued.ToUnixTimeSeconds());
        Encoding.ASCII.GetBytes(server, plain[Time..]);
        using var cipher = CipherOf(all.Slice(1, Salt));
        cipher.Encrypt(stackalloc byte[12], plain, all.Slice(1 + Salt, plain.Length), all[^Tag..], BoundTo(farm));
        return Base64Url.EncodeToString(all);
    }

    /// <summary>Reads a cookie of this key for a farm.</summary>
    /// <returns>Whether it is one.</returns>
    public bool TryOpen(string farm, ReadOnlySpan<char> cookie, [NotNullWhen(true)] out string? server, out DateTimeOffset issued)
    {
        (server, issued) = (null, default);
        Span<byte> all = stackalloc byte[Overhead + MaxName];
        if (cookie.Length > MaxLength || Base64Url.DecodeFromChars(cookie, all, out _, out var length) != OperationStatus.Done || length <= Overhead || all[0] != _hint)
        {
            return false;
        }
        all = all[..length];
        Span<char> spelling = stackalloc char[MaxLength];
        if (!spelling[..Base64Url.EncodeToChars(all, spelling)].SequenceEqual(cookie))
        {
            return false;
        }
        Span<byte> plain = stackalloc byte[Time + MaxName];
        plain = plain[..(length - 1 - Salt - Tag)];
        try
        {
            using var cipher = CipherOf(all.Slice(1, Salt));
            cipher.Decrypt(stackalloc byte[12], all.Slice(1 + Salt, plain.Length), all[^Tag..], plain, BoundTo(farm));
        }
        catch (AuthenticationTagMismatchException)
        {
            return false;
        }
        (server, issued) = (Encoding.ASCII.GetString(plain[Time..]), DateTimeOffset.FromUnixTimeSeconds(BinaryPrimitives.ReadUInt32BigEndian(plain)));
        return true;
    }

    private AesGcm CipherOf(ReadOnlySpan<byte> salt)
    {
        Span<byte> key = stackalloc byte[32];
        HKDF.DeriveKey(HashAlgorithmName.SHA256, secret, key, salt, "athena affinity cookie 1"u8);
        return new AesGcm(key, Tag);
    }

    /// <summary>What the cookie is bound to: names compare without case.</summary>
    private static byte[] BoundTo(string farm) => Encoding.ASCII.GetBytes(farm.ToUpperInvariant());
}
