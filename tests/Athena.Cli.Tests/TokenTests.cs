namespace Athena.Cli.Tests;

public sealed class TokenTests
{
    private static readonly string Secret = Convert.ToBase64String([.. Enumerable.Range(0, 32).Select(i => (byte)i)]);

    [Fact]
    public async Task A_token_that_is_minted_holds_until_it_expires_and_for_its_key_alone()
    {
        var terminal = new TestTerminal { Variables = { ["ATHENA_STEERING_SECRET"] = Secret } };
        Assert.Equal(0, await terminal.RunAsync("token", "mint", "go", "shop", "shop_gold", "--key", "k1", "--lifetime", "8h", "--priority", "high"));
        var token = terminal.Out.Trim();
        var plain = new TestTerminal();
        Assert.Equal(0, await plain.RunAsync("token", "inspect", token));
        foreach (var line in new[] { "unverified: give --key", "kid  k1", "aud  shop", "act  go", "sub  shop_gold", "pri  high", "exp  2026-11-22T18:00:00Z" })
        {
            Assert.Contains(line, plain.Out, StringComparison.Ordinal);
        }
        Assert.Equal((0, "ok"), await InspectAsync(token, Secret));
        Assert.Equal((1, "expired"), await InspectAsync(token, Secret, TimeSpan.FromHours(9)));
        Assert.Equal((1, "bad_signature"), await InspectAsync(token, Convert.ToBase64String(new byte[32])));
        Assert.Equal((1, "malformed"), await InspectAsync("no.token", Secret));
    }

    [Fact]
    public async Task Without_a_good_secret_nothing_is_minted()
    {
        var terminal = new TestTerminal();
        Assert.Equal(ExitCodes.Usage, await terminal.RunAsync("token", "mint", "stick", "shop", "app01", "--key", "k1"));
        Assert.Contains("ATHENA_STEERING_SECRET", terminal.Error, StringComparison.Ordinal);
        terminal = new TestTerminal { Variables = { ["ATHENA_STEERING_SECRET"] = "c2hvcnQ=" } };
        Assert.Equal(ExitCodes.Refused, await terminal.RunAsync("token", "mint", "stick", "shop", "app01", "--key", "k1"));
        Assert.DoesNotContain("c2hvcnQ=", terminal.Error, StringComparison.Ordinal);
        Assert.Equal(ExitCodes.Usage, await terminal.RunAsync("token", "mint", "stick", "shop", "app01", "--key", "k1", "--lifetime", "31d"));
    }

    private static async Task<(int, string)> InspectAsync(string token, string secret, TimeSpan later = default)
    {
        var terminal = new TestTerminal { Variables = { ["ATHENA_STEERING_SECRET"] = secret } };
        terminal.Time.Advance(later);
        var exitCode = await terminal.RunAsync("token", "inspect", token, "--key", "k1");
        return (exitCode, terminal.Out.Split(Environment.NewLine)[0]);
    }
}
