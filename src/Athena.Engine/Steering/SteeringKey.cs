using System.Collections.Frozen;
using System.Security.Cryptography;
using Athena.Engine.Farms;

namespace Athena.Engine.Steering;

/// <summary>A secret that applications sign steering tokens with. It shows its id, never its secret.</summary>
public sealed class SteeringKey
{
    /// <summary>Least length of a secret, in bytes: that of the hash.</summary>
    public const int MinSecret = 32;

    private readonly byte[] _secret;
    private readonly FrozenSet<string> _farms;

    /// <summary>A key.</summary>
    /// <param name="id">What tokens name it by (`kid`); rules as for names of farms.</param>
    /// <param name="secret">32 bytes or more.</param>
    /// <param name="farms">Farms whose tokens it may sign; none: all.</param>
    /// <exception cref="ArgumentException">The id is not acceptable, or the secret too short.</exception>
    public SteeringKey(string id, ReadOnlySpan<byte> secret, params IEnumerable<string> farms)
    {
        if (!EntityName.IsValid(id))
        {
            throw new ArgumentException($"an id of a key follows the rule of names: {EntityName.Rule}", nameof(id));
        }
        if (secret.Length < MinSecret)
        {
            throw new ArgumentException($"the secret has {secret.Length} bytes; at least {MinSecret} are needed", nameof(secret));
        }
        (Id, _secret, _farms) = (id, secret.ToArray(), farms.ToFrozenSet(EntityName.Comparer));
    }

    /// <summary>Id.</summary>
    public string Id { get; }

    /// <summary>Farms whose tokens it may sign; empty: all.</summary>
    public IReadOnlyCollection<string> Farms => _farms;

    /// <summary>Whether it may sign tokens for this farm.</summary>
    public bool IsFor(string farm) => _farms.Count == 0 || _farms.Contains(farm);

    /// <summary>HMAC-SHA256 of the data.</summary>
    public void Sign(ReadOnlySpan<byte> data, Span<byte> signature) => HMACSHA256.HashData(_secret, data, signature);

    /// <summary>Reads a secret in base64 or base64url, with or without padding, white space around it.</summary>
    public static bool TryDecodeSecret(string text, out byte[] secret)
    {
        ArgumentNullException.ThrowIfNull(text);
        var plain = text.Trim().TrimEnd('=').Replace('-', '+').Replace('_', '/');
        plain = plain.PadRight((plain.Length + 3) / 4 * 4, '=');
        secret = new byte[plain.Length];
        var isGood = Convert.TryFromBase64String(plain, secret, out var length);
        secret = secret[..length];
        return isGood;
    }

    /// <summary>Its id alone.</summary>
    public override string ToString() => Id;

    internal bool IsSameAs(SteeringKey other) =>
        Id == other.Id && CryptographicOperations.FixedTimeEquals(_secret, other._secret) && _farms.SetEquals(other._farms);
}
