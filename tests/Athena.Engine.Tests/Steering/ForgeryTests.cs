using Athena.Engine.Steering;
using Microsoft.Extensions.Time.Testing;

namespace Athena.Engine.Tests.Steering;

/// <summary>Nobody without a key makes a token that counts.</summary>
public class ForgeryTests
{
    private const string Alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

    private static readonly string[] Headers =
    [
        """{"alg":"none"}""", """{"alg":"none","kid":"k1"}""", """{"alg":"HS256","kid":"k3"}""", """{"alg":"HS512","kid":"k1"}""", Tokens.Header, """{"kid":"k2","alg":"HS256"}""", "{}",
    ];

    private readonly SteeringVerifier _verifier = new(new FakeTimeProvider());
    private readonly string[] _good;

    public ForgeryTests()
    {
        _verifier.Use(Tokens.Settings(("k1", 1, []), ("k2", 2, [])));
        _good = [.. Enumerable.Range(0, 100).Select(GoodToken)];
        Assert.All(_good, t => Assert.Equal(SteeringVerdict.Followed, _verifier.Verify(t, out _)));
        Assert.Equal(100, _good.Distinct().Count());
    }

    [Fact]
    public void Every_bit_of_a_hundred_tokens_counts()
    {
        foreach (var token in _good)
        {
            var characters = token.ToCharArray();
            for (var i = 0; i < characters.Length; i++)
            {
                for (var bit = 0; bit < 8; bit++)
                {
                    characters[i] ^= (char)(1 << bit);
                    AssertRefused(new string(characters), seed: 0);
                    characters[i] ^= (char)(1 << bit);
                }
            }
        }
    }

    [Fact]
    public void A_million_mutations_are_refused()
    {
        var good = _good.ToHashSet();
        var seed = Environment.TickCount;
        var random = new Random(seed);
        var tried = 0;
        while (tried < 1_000_000)
        {
            var mutant = Mutate(_good[random.Next(_good.Length)], random);
            if (!good.Contains(mutant))
            {
                AssertRefused(mutant, seed);
                tried++;
            }
        }
        Assert.Equal(100, _verifier.Kept);
    }

    private static string GoodToken(int i)
    {
        var action = new[] { "go", "stick", "safe" }[i % 3];
        var more = $",\"jti\":\"{i}{new string('x', i % 7)}\"{(i % 2 == 0 ? ",\"pri\":\"high\"" : "")}";
        var key = 1 + (i % 2);
        return Tokens.Sign(Tokens.Payload(action, $"s{i}", more), Tokens.Header.Replace("k1", $"k{key}", StringComparison.Ordinal), Tokens.SecretOf((byte)key));
    }

    private string Mutate(string token, Random random)
    {
        for (var rounds = random.Next(1, 4); rounds > 0; rounds--)
        {
            var at = random.Next(token.Length);
            var parts = token.Split('.');
            token = random.Next(11) switch
            {
                0 => token[..at] + Alphabet[random.Next(64)] + token[(at + 1)..],
                1 => token[..at] + (char)random.Next(256) + token[(at + 1)..],
                2 => token[..at] + Alphabet[random.Next(64)] + token[at..],
                3 => token[..at] + token[(at + 1)..],
                4 => token[..at],
                5 => token + Alphabet[random.Next(64)],
                6 => token[..^1] + Alphabet[(Alphabet.IndexOf(token[^1], StringComparison.Ordinal) ^ random.Next(1, 4)) & 63],
                7 => token + "=",
                8 => Exchange(parts, random.Next(parts.Length), _good[random.Next(_good.Length)]),
                9 => Exchange(parts, 0, Tokens.Encode(Headers[random.Next(Headers.Length)]) + ".."),
                // A payload of the forger's own: the likeliest wish.
                _ => parts.Length > 1 ? Exchange(parts, 1, "." + Tokens.Encode(Tokens.Payload("go", $"gold{random.Next(1000)}")) + ".") : token + ".",
            };
            token = token.Length == 0 ? "." : token;
        }
        return token;
    }

    private static string Exchange(string[] parts, int place, string other)
    {
        parts[place] = other.Split('.') is var others && place < others.Length ? others[place] : "";
        return string.Join('.', parts);
    }

    private void AssertRefused(string token, int seed)
    {
        var verdict = _verifier.Verify(token, out var claims);
        Assert.True(verdict is SteeringVerdict.Malformed or SteeringVerdict.Algorithm or SteeringVerdict.UnknownKey or SteeringVerdict.BadSignature && claims is null, $"{verdict}, seed {seed}: {token}");
    }
}
