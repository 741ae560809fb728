using System.Buffers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Unicode;
using Athena.Engine.Farms;

namespace Athena.Engine.Steering;

/// <summary>Reads tokens: JWS in the compact form, HS256, and one spelling for each. Why not by a library: docs/adr/0009-steering-reader.md.</summary>
/// <remarks>Length, then form and header, then signature, and only then the claims. Sources: RFC 7515, 7519 and 8725.</remarks>
public static class SteeringReader
{
    /// <summary>Longest token, in characters: what browsers keep in a cookie.</summary>
    public const int MaxLength = 4096;

    private const int MaxDepth = 16;
    private const int MaxAudience = 64;
    private const double LastSecond = 253402300799;

    private static readonly JsonDocumentOptions OneOfEach = new() { AllowDuplicateProperties = false, MaxDepth = MaxDepth };

    private delegate SteeringVerdict Part(JsonElement part);

    /// <summary>Reads a token by the keys that may have signed it. Its time and its farm are not looked at.</summary>
    /// <param name="token">The token.</param>
    /// <param name="findKey">The key of an id, or null.</param>
    /// <param name="claims">What it says; null unless the signature is good and the claims are those of a steering token.</param>
    /// <returns>Followed when it is good so far.</returns>
    public static SteeringVerdict Read(ReadOnlySpan<char> token, Func<string, SteeringKey?> findKey, out SteeringClaims? claims)
    {
        ArgumentNullException.ThrowIfNull(findKey);
        return Read(token, findKey, isVerified: true, out claims);
    }

    /// <summary>Reads what a token says without asking who signed it: to show it, never to follow it.</summary>
    public static SteeringVerdict ReadUnverified(ReadOnlySpan<char> token, out SteeringClaims? claims) => Read(token, _ => null, isVerified: false, out claims);

    private static SteeringVerdict Read(ReadOnlySpan<char> token, Func<string, SteeringKey?> findKey, bool isVerified, out SteeringClaims? claims)
    {
        claims = null;
        if (token.Length > MaxLength)
        {
            return SteeringVerdict.Oversized;
        }
        var first = token.IndexOf('.');
        var last = token.LastIndexOf('.');
        Span<byte> signature = stackalloc byte[HMACSHA256.HashSizeInBytes];
        // A third dot falls to the payload, where it is none of the alphabet.
        if (first < 0 || first == last || !CanonicalBase64Url.TryDecode(token[(last + 1)..], signature, out var length) || !CanonicalBase64Url.IsCanonical(token[(first + 1)..last]))
        {
            return SteeringVerdict.Malformed;
        }
        string? keyId = null;
        var verdict = ReadPart(token[..first], header => ReadHeader(header, out keyId));
        if (verdict != SteeringVerdict.Followed)
        {
            return verdict;
        }
        var key = isVerified ? findKey(keyId!) : null;
        if (isVerified)
        {
            if (key is null)
            {
                return SteeringVerdict.UnknownKey;
            }
            if (length != signature.Length || !IsSigned(token[..last], key, signature))
            {
                return SteeringVerdict.BadSignature;
            }
        }
        SteeringClaims? read = null;
        verdict = ReadPart(token[(first + 1)..last], payload => ReadClaims(payload, keyId!, key, out read));
        claims = read;
        return verdict;
    }

    private static bool IsSigned(ReadOnlySpan<char> signed, SteeringKey key, ReadOnlySpan<byte> signature)
    {
        Span<byte> data = stackalloc byte[MaxLength];
        Span<byte> expected = stackalloc byte[HMACSHA256.HashSizeInBytes];
        if (Ascii.FromUtf16(signed, data, out var length) != OperationStatus.Done)
        {
            return false;
        }
        key.Sign(data[..length], expected);
        return CryptographicOperations.FixedTimeEquals(expected, signature);
    }

    /// <summary>Decodes a part and reads its JSON: well-formed, in UTF-8, no member twice.</summary>
    private static SteeringVerdict ReadPart(ReadOnlySpan<char> text, Part read)
    {
        var bytes = ArrayPool<byte>.Shared.Rent(MaxLength);
        try
        {
            if (!CanonicalBase64Url.TryDecode(text, bytes, out var length) || !Utf8.IsValid(bytes.AsSpan(0, length)))
            {
                return SteeringVerdict.Malformed;
            }
            using var json = JsonDocument.Parse(bytes.AsMemory(0, length), OneOfEach);
            return json.RootElement.ValueKind == JsonValueKind.Object ? read(json.RootElement) : SteeringVerdict.Malformed;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // No JSON, or a string that is no text, such as half a surrogate pair.
            return SteeringVerdict.Malformed;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(bytes);
        }
    }

    private static SteeringVerdict ReadHeader(JsonElement header, out string? keyId)
    {
        keyId = null;
        var isHs256 = false;
        foreach (var member in header.EnumerateObject())
        {
            if (member.NameEquals("alg"u8))
            {
                isHs256 = member.Value.ValueKind == JsonValueKind.String && member.Value.ValueEquals("HS256"u8);
            }
            else if (member.NameEquals("kid"u8))
            {
                keyId = Text(member.Value);
            }
            else if (member.NameEquals("crit"u8) || member.NameEquals("b64"u8)
                || (member.NameEquals("typ"u8) && !"JWT".Equals(Text(member.Value), StringComparison.OrdinalIgnoreCase)))
            {
                return SteeringVerdict.Malformed;
            }
        }
        return !isHs256 ? SteeringVerdict.Algorithm : keyId is null ? SteeringVerdict.UnknownKey : SteeringVerdict.Followed;
    }

    private static SteeringVerdict ReadClaims(JsonElement payload, string keyId, SteeringKey? key, out SteeringClaims? claims)
    {
        claims = null;
        SteeringAction? action = null;
        string? subject = null;
        IReadOnlyList<string>? audience = null;
        PriorityClass? priority = null;
        DateTimeOffset? expires = null, notBefore = null, issued = null;
        foreach (var member in payload.EnumerateObject())
        {
            var value = member.Value;
            var isGood = true;
            if (member.NameEquals("act"u8))
            {
                isGood = (action = Text(value) switch { "go" => SteeringAction.Go, "stick" => SteeringAction.Stick, "safe" => SteeringAction.Safe, _ => null }) is not null;
            }
            else if (member.NameEquals("pri"u8))
            {
                isGood = (priority = Text(value) switch { "low" => PriorityClass.Low, "normal" => PriorityClass.Normal, "high" => PriorityClass.High, _ => null }) is not null;
            }
            else if (member.NameEquals("sub"u8))
            {
                isGood = (subject = Name(value)) is not null;
            }
            else if (member.NameEquals("aud"u8))
            {
                isGood = (audience = Names(value)) is not null;
            }
            else if (member.NameEquals("exp"u8))
            {
                isGood = (expires = Time(value)) is not null;
            }
            else if (member.NameEquals("nbf"u8))
            {
                isGood = (notBefore = Time(value)) is not null;
            }
            else if (member.NameEquals("iat"u8))
            {
                isGood = (issued = Time(value)) is not null;
            }
            if (!isGood)
            {
                return SteeringVerdict.Malformed;
            }
        }
        if (action is null || subject is null || audience is null || expires is null)
        {
            return SteeringVerdict.Malformed;
        }
        claims = new SteeringClaims(keyId, key, audience, action.Value, subject, priority, expires.Value) { NotBefore = notBefore, IssuedAt = issued };
        return SteeringVerdict.Followed;
    }

    private static string? Text(JsonElement value) => value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    private static string? Name(JsonElement value) => Text(value) is { } name && EntityName.IsValid(name) ? name : null;

    /// <summary>One name, or a list of up to 64.</summary>
    private static string[]? Names(JsonElement value)
    {
        if (value.ValueKind != JsonValueKind.Array)
        {
            return Name(value) is { } one ? [one] : null;
        }
        // Other audiences than farms may be listed too; they are texts of any kind.
        var names = value.GetArrayLength() is > 0 and <= MaxAudience ? value.EnumerateArray().Select(Text).ToArray() : null;
        return names is not null && names.All(n => n is not null) ? names as string[] : null;
    }

    /// <summary>Seconds since 1970, fractions allowed.</summary>
    private static DateTimeOffset? Time(JsonElement value) =>
        value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out var seconds) && seconds is >= 0 and <= LastSecond ? DateTimeOffset.UnixEpoch.AddSeconds(seconds) : null;
}
