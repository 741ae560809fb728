using System.Text.Json;
using Athena.Testing;
using Athena.V1;

namespace Athena.Integration.Tests;

/// <summary>`athena simulate` against a service that runs: what it says holds, and nothing real changes.</summary>
public sealed class SimulateCommandTests
{
    [Fact]
    public async Task Shares_follow_what_is_asked_and_nothing_real_changes()
    {
        await using var athena = await AthenaHost.WithAsync("web", "a", "b", "c");
        var before = await EverythingAsync(athena);
        var off = await SharesAsync(athena, "--if", "a=off", "--seed", "7");
        Assert.Equal(0, off["a"].Share);
        Assert.Equal(1.0 / 3, off["a"].Now, 0.001);
        Assert.Equal(0.5, off["b"].Share, 0.001);
        var heavy = await SharesAsync(athena, "--if", "a.weight=2", "--decisions", "4000");
        Assert.Equal(0.5, heavy["a"].Share, 0.001);
        var busy = await SharesAsync(athena, "--policy", "least_load", "--param", "Statistic=cpu", "--param", "Pick=best", "--param", "HandOutCost=0", "--if", "a.cpu=90", "--if", "b.cpu=10", "--if", "c.cpu=95");
        Assert.True(busy["b"].Share > 0.9, JsonSerializer.Serialize(busy));
        Assert.Equal(before, await EverythingAsync(athena));
    }

    [Fact]
    public async Task A_seed_makes_it_repeatable_and_a_table_says_what_changes()
    {
        await using var athena = await AthenaHost.WithAsync("web", "a", "b");
        string[] question = ["simulate", "web", "--policy", "random", "--seed", "42", "--if", "b=down", "-n", "1000"];
        var (exitCode, output) = await CliTests.RunAsync(athena, question);
        Assert.Equal(0, exitCode);
        Assert.Matches(@"^TARGET +CHOSEN +SHARE +NOW +CHANGE\na +1000 +100\.0 % +\d+\.\d % +\+\d+\.\d %\nb +0 +0\.0 % +\d+\.\d % +-\d+\.\d %$", output.ReplaceLineEndings("\n"));
        Assert.Equal(output, (await CliTests.RunAsync(athena, question)).Output);
        // Everything said of one server is one change of it.
        Assert.Equal(0, (await CliTests.RunAsync(athena, "simulate", "web", "--if", "a.cpu=5", "--if", "a.weight=3", "--if", "a=drain")).ExitCode);
        (exitCode, output) = await CliTests.RunAsync(athena, "simulate", "web", "--if", "a=off", "--if", "b=off", "-n", "10");
        Assert.Equal(0, exitCode);
        Assert.Contains("10 decisions found nobody", output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("web --if a=gone", 64, "'a=gone' is none of")]
    [InlineData("web --if zz=off", 1, "overrides[0].server")]
    [InlineData("web --policy nope", 1, "no policy 'nope'")]
    [InlineData("web --policy least_load --param Choices=x", 1, "Choices")]
    [InlineData("web --param Statistic=cpu", 64, "--param goes with --policy")]
    [InlineData("web -n 100001", 1, "decisions")]
    [InlineData("wob", 1, "did you mean 'web'?")]
    public async Task What_is_wrong_is_named(string line, int expected, string text)
    {
        await using var athena = await AthenaHost.WithAsync("web", "a", "b");
        var (exitCode, output) = await CliTests.RunAsync(athena, ["simulate", .. line.Split(' ')]);
        Assert.Equal(expected, exitCode);
        Assert.Contains(text, output, StringComparison.Ordinal);
    }

    private static async Task<Dictionary<string, (double Share, double Now)>> SharesAsync(AthenaHost athena, params string[] options)
    {
        var (exitCode, output) = await CliTests.RunAsync(athena, ["simulate", "web", "--json", .. options]);
        Assert.True(exitCode == 0, output);
        static double Number(JsonElement share, string name) => share.TryGetProperty(name, out var value) ? value.GetDouble() : 0;
        return JsonDocument.Parse(output).RootElement.GetProperty("shares").EnumerateArray().ToDictionary(s => s.GetProperty("target").GetString()!, s => (Number(s, "share"), Number(s, "shareNow")));
    }

    private static async Task<string> EverythingAsync(AthenaHost athena) =>
        (await athena.Fleet.ListServersAsync(new())).ToString() + await athena.Fleet.ListFarmsAsync(new()) + await athena.Fleet.ListChangesAsync(new());
}
