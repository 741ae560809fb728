using Athena.Engine.Steering;
using Microsoft.Extensions.Time.Testing;

namespace Athena.Engine.Tests.Steering;

public class SteeringVerifierTests
{
    private readonly FakeTimeProvider _time = new();
    private readonly SteeringVerifier _verifier;

    public SteeringVerifierTests()
    {
        _verifier = new SteeringVerifier(_time);
        _verifier.Use(Tokens.OneKey);
        Assert.Equal(Tokens.Now, _time.GetUtcNow().ToUnixTimeSeconds());
    }

    [Fact]
    public void A_good_token_says_what_it_says()
    {
        var payload = Tokens.Payload("go", "gold", $$""","pri":"high","nbf":{{Tokens.Now}},"iat":{{Tokens.Now}},"jti":"x","iss":"shop","roles":[{"a":[1]}]""", """["web","https://else.example/"]""");
        Assert.Equal(SteeringVerdict.Followed, _verifier.Verify(Tokens.Sign(payload), out var claims));
        Assert.NotNull(claims);
        Assert.Equal((SteeringAction.Go, "gold", PriorityClass.High, "k1"), (claims.Action, claims.Subject, claims.Priority, claims.KeyId));
        Assert.Equal(["web", "https://else.example/"], claims.Audience);
        Assert.Equal((Tokens.Now + 3600, Tokens.Now, Tokens.Now), (claims.Expires.ToUnixTimeSeconds(), claims.NotBefore?.ToUnixTimeSeconds(), claims.IssuedAt?.ToUnixTimeSeconds()));
    }

    [Theory] // What standard libraries mint.
    [InlineData("""{"typ":"JWT","alg":"HS256","kid":"k1"}""", """{"exp":946688400.75,"sub":"a","act":"stick","aud":["web"]}""")]
    [InlineData("""{"kid":"K1","alg":"HS256","typ":"jwt","x-trace":{"n":1}}""", """{ "aud" : "WEB", "act" : "safe", "sub" : "a", "exp" : 9.466884e8 }""")]
    [InlineData("""{"alg":"HS256","kid":"k1"}""", """{"aud":"w\u0065b","act":"stick","sub":"\u0061","exp":946688400}""")]
    public void Order_white_space_escapes_fractions_and_further_members_are_borne(string header, string payload) =>
        Assert.Equal(SteeringVerdict.Followed, _verifier.Verify(Tokens.Sign(payload, header), out _));

    [Theory]
    [InlineData("""{"alg":"none","kid":"k1"}""", SteeringVerdict.Algorithm)]
    [InlineData("""{"alg":"None","kid":"k1"}""", SteeringVerdict.Algorithm)]
    [InlineData("""{"alg":"hs256","kid":"k1"}""", SteeringVerdict.Algorithm)]
    [InlineData("""{"alg":"HS384","kid":"k1"}""", SteeringVerdict.Algorithm)]
    [InlineData("""{"alg":"RS256","kid":"k1"}""", SteeringVerdict.Algorithm)]
    [InlineData("""{"alg":["HS256"],"kid":"k1"}""", SteeringVerdict.Algorithm)]
    [InlineData("""{"alg":null,"kid":"k1"}""", SteeringVerdict.Algorithm)]
    [InlineData("""{"kid":"k1"}""", SteeringVerdict.Algorithm)]
    [InlineData("""{"alg":"HS256"}""", SteeringVerdict.UnknownKey)]
    [InlineData("""{"alg":"HS256","kid":7}""", SteeringVerdict.UnknownKey)]
    [InlineData("""{"alg":"HS256","kid":"k2"}""", SteeringVerdict.UnknownKey)]
    [InlineData("""{"alg":"HS256","kid":"k1 "}""", SteeringVerdict.UnknownKey)]
    [InlineData("""{"alg":"HS256","kid":"k1","crit":["exp"]}""", SteeringVerdict.Malformed)]
    [InlineData("""{"alg":"HS256","kid":"k1","b64":true}""", SteeringVerdict.Malformed)]
    [InlineData("""{"alg":"HS256","kid":"k1","typ":"at+jwt"}""", SteeringVerdict.Malformed)]
    [InlineData("""{"alg":"HS256","kid":"k1","typ":null}""", SteeringVerdict.Malformed)]
    [InlineData("""{"alg":"HS256","kid":"k1","kid":"k1"}""", SteeringVerdict.Malformed)]
    [InlineData("""{"alg":"HS256","kid":"k1","k\u0069d":"k1"}""", SteeringVerdict.Malformed)]
    [InlineData("""{"alg":"HS256","kid":"k1","x":{"y":1,"y":2}}""", SteeringVerdict.Malformed)]
    [InlineData("""{"alg":"HS256","kid":"k1"} x""", SteeringVerdict.Malformed)]
    [InlineData("""{"alg":"HS256","kid":"k1",}""", SteeringVerdict.Malformed)]
    [InlineData("""{"alg":"HS256",/**/"kid":"k1"}""", SteeringVerdict.Malformed)]
    [InlineData("""{"alg":"HS256","kid":"\ud800"}""", SteeringVerdict.Malformed)]
    [InlineData("""["HS256","k1"]""", SteeringVerdict.Malformed)]
    [InlineData("\"HS256\"", SteeringVerdict.Malformed)]
    [InlineData("null", SteeringVerdict.Malformed)]
    [InlineData("", SteeringVerdict.Malformed)]
    [InlineData("\uFEFF{\"alg\":\"HS256\",\"kid\":\"k1\"}", SteeringVerdict.Malformed)]
    public void A_header_that_is_not_exactly_ours_is_refused_however_well_it_is_signed(string header, SteeringVerdict verdict) =>
        Refused(verdict, Tokens.Sign(Tokens.Payload(), header));

    [Theory]
    [InlineData("""{"act":"stick","sub":"a","exp":946688400}""")]
    [InlineData("""{"aud":"web","sub":"a","exp":946688400}""")]
    [InlineData("""{"aud":"web","act":"stick","exp":946688400}""")]
    [InlineData("""{"aud":"web","act":"stick","sub":"a"}""")]
    [InlineData("""{"aud":[],"act":"stick","sub":"a","exp":946688400}""")]
    [InlineData("""{"aud":["web",1],"act":"stick","sub":"a","exp":946688400}""")]
    [InlineData("""{"aud":{"web":1},"act":"stick","sub":"a","exp":946688400}""")]
    [InlineData("""{"aud":"","act":"stick","sub":"a","exp":946688400}""")]
    [InlineData("""{"aud":"web","act":"Stick","sub":"a","exp":946688400}""")]
    [InlineData("""{"aud":"web","act":"stay","sub":"a","exp":946688400}""")]
    [InlineData("""{"aud":"web","act":["stick"],"sub":"a","exp":946688400}""")]
    [InlineData("""{"aud":"web","act":"stick","sub":"","exp":946688400}""")]
    [InlineData("""{"aud":"web","act":"stick","sub":"a b","exp":946688400}""")]
    [InlineData("""{"aud":"web","act":"stick","sub":5,"exp":946688400}""")]
    [InlineData("""{"aud":"web","act":"stick","sub":"a","exp":"946688400"}""")]
    [InlineData("""{"aud":"web","act":"stick","sub":"a","exp":1e400}""")]
    [InlineData("""{"aud":"web","act":"stick","sub":"a","exp":-1}""")]
    [InlineData("""{"aud":"web","act":"stick","sub":"a","exp":946688400000}""")]
    [InlineData("""{"aud":"web","act":"stick","sub":"a","exp":946688400,"nbf":"now"}""")]
    [InlineData("""{"aud":"web","act":"stick","sub":"a","exp":946688400,"iat":null}""")]
    [InlineData("""{"aud":"web","act":"stick","sub":"a","exp":946688400,"pri":"urgent"}""")]
    [InlineData("""{"aud":"web","act":"stick","sub":"a","exp":946688400,"pri":3}""")]
    [InlineData("""{"aud":"web","act":"stick","sub":"a","exp":946688400,"sub":"b"}""")]
    [InlineData("""{"aud":"web","act":"stick","sub":"a","exp":946688400,"x":1,"\u0078":1}""")]
    [InlineData("""{"aud":"web","act":"stick","sub":"\udc00","exp":946688400}""")]
    [InlineData("""[{"aud":"web"}]""")]
    [InlineData("""{"aud":"web","act":"stick","sub":"a","exp":946688400""")]
    [InlineData("""{"aud":"web","act":"stick","sub":"a","exp":946688400,"x":[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]}""")]
    public void Claims_that_are_not_those_of_a_steering_token_are_refused_however_well_they_are_signed(string payload) =>
        Refused(SteeringVerdict.Malformed, Tokens.Sign(payload));

    [Theory]
    [InlineData("")]
    [InlineData(".")]
    [InlineData("..")]
    [InlineData("...")]
    [InlineData("abc")]
    [InlineData("{0}.{1}")]
    [InlineData("{0}.{1}.{2}.")]
    [InlineData(".{0}.{1}.{2}")]
    [InlineData("{0}.{1}.{2}.{2}.{2}")]
    [InlineData(" {0}.{1}.{2}")]
    [InlineData("{0}.{1}.{2}\n")]
    [InlineData("{0}.{1}.{2}=")]
    [InlineData("{0}=.{1}.{2}")]
    [InlineData("{0}.{1}=.{2}")]
    [InlineData("{0}. {1}.{2}")]
    [InlineData("{0}.{1}.{2}A")]
    [InlineData("{0}.{1}.{2}AA")]
    [InlineData("\"{0}.{1}.{2}\"")]
    public void What_is_not_three_parts_in_canonical_base64url_is_refused(string form)
    {
        var parts = Tokens.Sign(Tokens.Payload()).Split('.');
        Refused(SteeringVerdict.Malformed, string.Format(System.Globalization.CultureInfo.InvariantCulture, form, parts));
    }

    [Fact]
    public void An_empty_or_short_signature_is_no_signature()
    {
        var parts = Tokens.Sign(Tokens.Payload()).Split('.');
        Refused(SteeringVerdict.BadSignature, $"{parts[0]}.{parts[1]}.");
        Refused(SteeringVerdict.BadSignature, $"{parts[0]}..{parts[2]}");
        Refused(SteeringVerdict.BadSignature, $"{parts[0]}.{parts[1]}.{parts[2][..40]}");
        Refused(SteeringVerdict.Algorithm, $"{Tokens.Encode("""{"alg":"none","kid":"k1"}""")}.{parts[1]}.");
    }

    [Fact]
    public void Each_token_has_one_spelling()
    {
        const string Alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
        var token = Tokens.Sign(Tokens.Payload());
        Assert.Equal(SteeringVerdict.Followed, _verifier.Verify(token, out _));
        // 43 characters carry 256 bits and two more: the last one has four spellings for a decoder that does not look.
        foreach (var last in Alphabet.Where(c => c != token[^1]))
        {
            Assert.NotEqual(SteeringVerdict.Followed, _verifier.Verify(token[..^1] + last, out _));
        }
        var sameBits = Alphabet[Alphabet.IndexOf(token[^1], StringComparison.Ordinal) | 1];
        Refused(SteeringVerdict.Malformed, token[..^1] + sameBits);
        // Signed as it stands, but not spelt as it has to be.
        foreach (var header in new[] { Tokens.Encode(Tokens.Header + " ")[..^1] + "B", Tokens.Encode(Tokens.Header + "  ") + "==", Tokens.Encode(Tokens.Header) + " " })
        {
            Refused(SteeringVerdict.Malformed, Tokens.SignText(header + "." + Tokens.Encode(Tokens.Payload())));
        }
    }

    [Fact]
    public void The_alphabet_of_plain_base64_is_refused()
    {
        var payload = Tokens.Payload(more: ""","x":"???>>>~~~" """);
        var text = Convert.ToBase64String(System.Text.Encoding.UTF8.GetBytes(payload)).TrimEnd('=');
        Assert.Contains('/', text);
        Refused(SteeringVerdict.Malformed, Tokens.SignText(Tokens.Encode(Tokens.Header) + "." + text));
        Assert.Equal(SteeringVerdict.Followed, _verifier.Verify(Tokens.Sign(payload), out _));
    }

    [Fact]
    public void A_token_of_4096_characters_is_read_and_a_longer_one_is_not_looked_at()
    {
        var filler = 1;
        var longest = "";
        // Base64 grows by steps of one and two characters; one of the headers makes it exact.
        for (var spaces = 0; spaces < 4 && longest.Length != SteeringReader.MaxLength; spaces++)
        {
            for (filler = 2800; filler < 3000 && longest.Length != SteeringReader.MaxLength; filler++)
            {
                longest = Tokens.Sign(Tokens.Payload(more: $$""","x":"{{new string('x', filler)}}" """), Tokens.Header + new string(' ', spaces));
            }
        }
        Assert.Equal(SteeringReader.MaxLength, longest.Length);
        Assert.Equal(SteeringVerdict.Followed, _verifier.Verify(longest, out _));
        Refused(SteeringVerdict.Oversized, longest + "A");
        Refused(SteeringVerdict.Oversized, new string('.', 1_000_000));
    }

    [Fact]
    public void Another_keys_signature_is_refused()
    {
        Refused(SteeringVerdict.BadSignature, Tokens.Sign(Tokens.Payload(), secret: Tokens.SecretOf(2)));
        _verifier.Use(Tokens.Settings(("k1", 1, []), ("k2", 2, [])));
        Refused(SteeringVerdict.BadSignature, Tokens.Sign(Tokens.Payload(), secret: Tokens.SecretOf(2)));
        Refused(SteeringVerdict.BadSignature, Tokens.Sign(Tokens.Payload(), Tokens.Header.Replace("k1", "k2", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData(-61, SteeringVerdict.Expired)]
    [InlineData(-60, SteeringVerdict.Expired)]
    [InlineData(-59, SteeringVerdict.Followed)]
    [InlineData(86400 + 60, SteeringVerdict.Followed)]
    [InlineData(86400 + 61, SteeringVerdict.Lifetime)]
    public void A_token_ends_with_a_minutes_grace_and_may_last_a_day(int expires, SteeringVerdict verdict) =>
        Assert.Equal(verdict, _verifier.Verify(Tokens.Sign(Tokens.Payload(expires: Tokens.Now + expires)), out _));

    [Theory]
    [InlineData(0, 86400, SteeringVerdict.Followed)]
    [InlineData(0, 86401, SteeringVerdict.Lifetime)]
    [InlineData(-1000, 85401, SteeringVerdict.Lifetime)]
    [InlineData(60, 3600, SteeringVerdict.Followed)]
    [InlineData(61, 3600, SteeringVerdict.NotYetValid)]
    public void The_lifetime_counts_from_when_it_was_issued(int issued, int expires, SteeringVerdict verdict) =>
        Assert.Equal(verdict, _verifier.Verify(Tokens.Sign(Tokens.Payload(more: $",\"iat\":{Tokens.Now + issued}", expires: Tokens.Now + expires)), out _));

    [Fact]
    public void A_token_begins_with_a_minutes_grace()
    {
        var token = Tokens.Sign(Tokens.Payload(more: $",\"nbf\":{Tokens.Now + 61}"));
        Refused(SteeringVerdict.NotYetValid, token, hasClaims: true);
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(SteeringVerdict.Followed, _verifier.Verify(token, out _));
    }

    [Fact]
    public void A_token_seen_before_ends_all_the_same()
    {
        var token = Tokens.Sign(Tokens.Payload());
        Assert.Equal(SteeringVerdict.Followed, _verifier.Verify(token, out var first));
        Assert.Equal(SteeringVerdict.Followed, _verifier.Verify(token, out var second));
        Assert.Same(first, second);
        _time.Advance(TimeSpan.FromSeconds(3660));
        Refused(SteeringVerdict.Expired, token, hasClaims: true);
    }

    [Fact]
    public void Keys_overlap_in_a_rotation_and_a_retired_one_is_refused_at_once()
    {
        var old = Tokens.Sign(Tokens.Payload());
        var next = Tokens.Sign(Tokens.Payload(), Tokens.Header.Replace("k1", "k2", StringComparison.Ordinal), Tokens.SecretOf(2));
        Assert.Equal(SteeringVerdict.Followed, _verifier.Verify(old, out _));
        Refused(SteeringVerdict.UnknownKey, next);
        _verifier.Use(Tokens.Settings(("k1", 1, []), ("k2", 2, [])));
        Assert.Equal(SteeringVerdict.Followed, _verifier.Verify(old, out _));
        Assert.Equal(SteeringVerdict.Followed, _verifier.Verify(next, out _));
        _verifier.Use(Tokens.Settings(("k2", 2, [])));
        Refused(SteeringVerdict.UnknownKey, old);
        Assert.Equal(SteeringVerdict.Followed, _verifier.Verify(next, out _));
        _verifier.Use(Tokens.Settings(("k1", 3, []), ("k2", 2, [])));
        Refused(SteeringVerdict.BadSignature, old);
    }

    [Fact]
    public void Settings_that_are_the_same_keep_what_was_verified()
    {
        Assert.Equal(SteeringVerdict.Followed, _verifier.Verify(Tokens.Sign(Tokens.Payload()), out var before));
        _verifier.Use(Tokens.Settings(("k1", 1, [])));
        Assert.Equal(SteeringVerdict.Followed, _verifier.Verify(Tokens.Sign(Tokens.Payload()), out var after));
        Assert.Same(before, after);
        _verifier.Use(Tokens.Settings(("k1", 1, ["web"])));
        Assert.Equal(SteeringVerdict.Followed, _verifier.Verify(Tokens.Sign(Tokens.Payload()), out after));
        Assert.NotSame(before, after);
    }

    [Fact]
    public void Bad_tokens_are_not_kept_and_good_ones_only_up_to_a_bound()
    {
        for (var i = 0; i < 5000; i++)
        {
            _verifier.Verify(Tokens.Sign(Tokens.Payload(more: $",\"jti\":\"{i}\""), secret: Tokens.SecretOf(9)), out _);
            _verifier.Verify(Tokens.Sign(Tokens.Payload(more: $",\"jti\":\"{i}\"", expires: Tokens.Now - 100)), out _);
        }
        Assert.Equal(0, _verifier.Kept);
        for (var i = 0; i < 2 * TokenCache.Capacity; i++)
        {
            Assert.Equal(SteeringVerdict.Followed, _verifier.Verify(Tokens.Sign(Tokens.Payload(more: $",\"jti\":\"{i}\"")), out _));
        }
        Assert.InRange(_verifier.Kept, TokenCache.Capacity / 2, TokenCache.Capacity);
    }

    [Fact]
    public void A_token_seen_before_allocates_nothing()
    {
        var token = Tokens.Sign(Tokens.Payload());
        var isFollowed = true;
        Assert.Equal(0, Allocations.Of(() =>
        {
            for (var i = 0; i < 5_000; i++)
            {
                isFollowed &= _verifier.Verify(token, out _) == SteeringVerdict.Followed;
            }
        }));
        Assert.True(isFollowed);
    }

    [Fact]
    public void A_key_shows_its_id_alone()
    {
        var key = new SteeringKey("k1", Tokens.Secret);
        Assert.Equal("k1", key.ToString());
        Assert.Throws<ArgumentException>(() => new SteeringKey("k1", new byte[31]));
        Assert.Throws<ArgumentException>(() => new SteeringKey("", Tokens.Secret));
    }

    private void Refused(SteeringVerdict verdict, string token, bool hasClaims = false)
    {
        Assert.Equal(verdict, _verifier.Verify(token, out var claims));
        Assert.Equal(hasClaims, claims is not null);
    }
}
