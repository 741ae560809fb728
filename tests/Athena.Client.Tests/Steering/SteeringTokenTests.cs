using System.Text.Json;
using Athena.Client.Steering;
using Athena.V1;
using Microsoft.AspNetCore.Http;

namespace Athena.Client.Tests.Steering;

public sealed class SteeringTokenTests
{
    private const string Secret = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";

    private static readonly SteeringSigner Signer = new("k1", Secret);

    [Fact]
    public void A_token_says_what_was_asked_for()
    {
        var token = Signer.Sign(SteeringToken.Go("shop", "gold") with { Lifetime = TimeSpan.FromMinutes(5), Priority = PriorityClass.High });
        var seen = SteeringInspection.Of(token, Signer);
        Assert.Equal("ok", seen.Result);
        Assert.Equal("""{"alg":"HS256","kid":"k1","typ":"JWT"}""", seen.Header);
        var claims = JsonDocument.Parse(seen.Payload!).RootElement;
        Assert.Equal(("shop", "go", "gold", "high"), (Text("aud"), Text("act"), Text("sub"), Text("pri")));
        Assert.Equal(300, claims.GetProperty("exp").GetInt64() - claims.GetProperty("iat").GetInt64());
        Assert.Equal(("k1", "gold"), (seen.Claims?.KeyId, seen.Claims?.Subject));
        string? Text(string name) => claims.GetProperty(name).GetString();
    }

    [Fact]
    public void A_token_can_be_looked_at_without_its_key()
    {
        var token = Signer.Sign(SteeringToken.Safe("shop", "app01"));
        var seen = SteeringInspection.Of(token);
        Assert.Equal(("unverified", "app01"), (seen.Result, seen.Claims?.Subject));
        Assert.Equal("bad_signature", SteeringInspection.Of(token[..^4] + "AAAA", Signer).Result);
        Assert.Equal("unknown_key", SteeringInspection.Of(token, new SteeringSigner("k2", Secret)).Result);
        Assert.Equal("expired", SteeringInspection.Of(new SteeringSigner("k1", Secret, new Earlier()).Sign(SteeringToken.Safe("shop", "app01")), Signer).Result);
        Assert.Equal(new SteeringInspection("malformed", null, null, null), SteeringInspection.Of("no token"));
        Assert.Equal(("oversized", null), (SteeringInspection.Of(new string('a', 5000)) is var large ? large.Result : "", large.Header));
        Assert.Equal("algorithm", SteeringInspection.Of("eyJhbGciOiJub25lIn0.e30.").Result);
    }

    [Fact]
    public void What_cannot_be_signed_is_refused_and_no_secret_is_told()
    {
        Assert.Throws<ArgumentException>(() => Signer.Sign(SteeringToken.Go("a shop", "gold")));
        Assert.Throws<ArgumentException>(() => Signer.Sign(SteeringToken.Go("shop", "")));
        Assert.Throws<ArgumentException>(() => Signer.Sign(SteeringToken.Go("shop", "gold") with { Lifetime = TimeSpan.Zero }));
        Assert.Throws<ArgumentException>(() => Signer.Sign(SteeringToken.Go("shop", "gold") with { Lifetime = TimeSpan.FromDays(31) }));
        Assert.Throws<ArgumentException>(() => Signer.Sign(SteeringToken.Go("shop", "gold") with { Priority = (PriorityClass)9 }));
        foreach (var bad in new[] { "Q2FuYXJ5", "Q2FuYXJ5!" })
        {
            Assert.DoesNotContain("Q2FuYXJ5", Assert.Throws<ArgumentException>(() => new SteeringSigner("k1", bad)).ToString(), StringComparison.Ordinal);
        }
        Assert.DoesNotContain(Secret, Signer.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void The_longest_names_fit_a_cookie()
    {
        var token = Signer.Sign(SteeringToken.Go(new string('f', 253), new string('t', 253)) with { Priority = PriorityClass.Normal });
        Assert.Equal("ok", SteeringInspection.Of(token, Signer).Result);
        Assert.True(SteeringCookie.Set(token, TimeSpan.FromHours(1), secure: true, "__Host-athena").Length < SteeringCookie.MaxLength);
    }

    [Fact]
    public void A_cookie_is_for_the_whole_site_and_no_script()
    {
        Assert.Equal("athena=a.b.c; Max-Age=3600; Path=/; HttpOnly; SameSite=Lax", SteeringCookie.Set("a.b.c", TimeSpan.FromHours(1), secure: false));
        Assert.Equal("__Host-x=a.b.c; Max-Age=60; Path=/; HttpOnly; SameSite=Lax; Secure", SteeringCookie.Set("a.b.c", TimeSpan.FromMinutes(1), secure: true, "__Host-x"));
        Assert.Equal("athena=; Max-Age=0; Path=/; HttpOnly; SameSite=Lax", SteeringCookie.Clear(secure: false));
        Assert.Throws<ArgumentException>(() => SteeringCookie.Set("a.b.c", TimeSpan.FromMinutes(1), secure: false, "__Host-x"));
        Assert.Throws<ArgumentException>(() => SteeringCookie.Set("a.b.c; Domain=x", TimeSpan.FromMinutes(1), secure: false));
        Assert.Throws<ArgumentException>(() => SteeringCookie.Set("a.b.c", TimeSpan.FromMinutes(1), secure: false, "a b"));
        Assert.Throws<ArgumentException>(() => SteeringCookie.Set(new string('a', 4091), TimeSpan.FromMinutes(1), secure: false));
        SteeringCookie.Set(new string('a', 4090), TimeSpan.FromMinutes(1), secure: false);
    }

    [Theory]
    [InlineData("http", "")]
    [InlineData("https", "; Secure")]
    public void A_response_sets_the_cookie_once_and_leaves_others_alone(string scheme, string secure)
    {
        var context = new DefaultHttpContext();
        context.Request.Scheme = scheme;
        context.Response.Cookies.Append("theme", "dark");
        context.Response.SetSteering(Signer, SteeringToken.Stick("shop", "app01"));
        context.Response.SetSteering(Signer, SteeringToken.Go("shop", "gold") with { Lifetime = TimeSpan.FromMinutes(10) });
        Assert.Equal(2, context.Response.Headers.SetCookie.Count);
        Assert.StartsWith("theme=dark", context.Response.Headers.SetCookie[0]);
        Assert.Matches($"^athena=[A-Za-z0-9_-]+\\.[A-Za-z0-9_-]+\\.[A-Za-z0-9_-]{{43}}; Max-Age=600; Path=/; HttpOnly; SameSite=Lax{secure}$", context.Response.Headers.SetCookie[1]);
        Assert.Equal("gold", SteeringInspection.Of(context.Response.Headers.SetCookie[1]!.Split('=', ';')[1], Signer).Claims?.Subject);
        context.Response.ClearSteering();
        Assert.Equal($"athena=; Max-Age=0; Path=/; HttpOnly; SameSite=Lax{secure}", context.Response.Headers.SetCookie[1]);
    }

    private sealed class Earlier : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => base.GetUtcNow().AddHours(-2);
    }
}
