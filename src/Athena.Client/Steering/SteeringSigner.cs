using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Athena.Engine.Farms;
using Athena.Engine.Steering;
using PriorityClass = Athena.V1.PriorityClass;

namespace Athena.Client.Steering;

/// <summary>Signs steering tokens with one key. Safe from any thread; make one and keep it. It never shows its secret.</summary>
public sealed class SteeringSigner
{
    private static readonly TimeSpan LongestLifetime = TimeSpan.FromDays(30);

    private readonly TimeProvider _time;

    /// <summary>A signer.</summary>
    /// <param name="keyId">Id of the key, as under `Athena:Steering:Keys`.</param>
    /// <param name="secret">Its secret in base64, as there; 32 bytes or more.</param>
    /// <param name="time">The clock; null: the system's.</param>
    /// <exception cref="ArgumentException">The id is none, or the secret is too short or no base64.</exception>
    public SteeringSigner(string keyId, string secret, TimeProvider? time = null)
        : this(keyId, Decode(secret), time)
    {
    }

    /// <summary>A signer.</summary>
    /// <param name="keyId">Id of the key.</param>
    /// <param name="secret">Its secret: 32 bytes or more.</param>
    /// <param name="time">The clock; null: the system's.</param>
    /// <exception cref="ArgumentException">The id is none, or the secret is too short.</exception>
    public SteeringSigner(string keyId, ReadOnlySpan<byte> secret, TimeProvider? time = null)
    {
        Key = new SteeringKey(keyId, secret);
        _time = time ?? TimeProvider.System;
    }

    /// <summary>Id of the key.</summary>
    public string KeyId => Key.Id;

    internal SteeringKey Key { get; }

    internal TimeProvider Time => _time;

    /// <summary>The token as text: a JWT, valid from now on. It fits a cookie.</summary>
    /// <exception cref="ArgumentException">A name, the lifetime or the priority is not acceptable.</exception>
    public string Sign(SteeringToken token)
    {
        ArgumentNullException.ThrowIfNull(token);
        if (!EntityName.IsValid(token.Farm) || !EntityName.IsValid(token.Target))
        {
            throw new ArgumentException($"farm '{token.Farm}', target '{token.Target}': {EntityName.Rule}", nameof(token));
        }
        if (token.Lifetime < TimeSpan.FromSeconds(1) || token.Lifetime > LongestLifetime)
        {
            throw new ArgumentException($"the lifetime must be from 1 s to {LongestLifetime.Days} days", nameof(token));
        }
        if (!Enum.IsDefined(token.Priority))
        {
            throw new ArgumentException($"{token.Priority:D} is no priority class", nameof(token));
        }
        var issued = _time.GetUtcNow().ToUnixTimeSeconds();
        var header = Encode(w =>
        {
            w.WriteString("alg", "HS256");
            w.WriteString("kid", KeyId);
            w.WriteString("typ", "JWT");
        });
        var payload = Encode(w =>
        {
            w.WriteString("aud", token.Farm);
            w.WriteString("act", Word(token.Action.ToString()));
            w.WriteString("sub", token.Target);
            if (token.Priority != PriorityClass.Unspecified)
            {
                w.WriteString("pri", Word(token.Priority.ToString()));
            }
            w.WriteNumber("iat", issued);
            w.WriteNumber("exp", issued + (long)token.Lifetime.TotalSeconds);
        });
        Span<byte> signature = stackalloc byte[HMACSHA256.HashSizeInBytes];
        Key.Sign(Encoding.ASCII.GetBytes($"{header}.{payload}"), signature);
        return $"{header}.{payload}.{Base64Url.EncodeToString(signature)}";
    }

    private static string Encode(Action<Utf8JsonWriter> write)
    {
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream))
        {
            writer.WriteStartObject();
            write(writer);
            writer.WriteEndObject();
        }
        return Base64Url.EncodeToString(stream.ToArray());
    }

    private static string Word(string name) => name.ToLowerInvariant();

    private static byte[] Decode(string secret)
    {
        ArgumentNullException.ThrowIfNull(secret);
        return SteeringKey.TryDecodeSecret(secret, out var bytes) ? bytes : throw new ArgumentException("the secret is not base64", nameof(secret));
    }
}
