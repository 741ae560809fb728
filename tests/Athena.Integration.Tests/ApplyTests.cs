using Athena.Testing;
using Athena.V1;

namespace Athena.Integration.Tests;

/// <summary>`athena apply`, `export`, `delete` and `weight` against a service that runs.</summary>
public sealed class ApplyTests : IDisposable
{
    private const string Shops = """
        {
          "servers": [
            { "name": "n1", "address": "http://127.0.0.1:9101", "forward": "n2", "labels": { "zone": "a" } },
            { "name": "n2", "address": "http://127.0.0.1:9102" }
          ],
          "farms": [
            { "name": "shop", "members": [{ "server": "n1", "weight": 3 }, { "server": "n2" }], "forwards": { "down": "sale" }, "steerTo": ["sale"] },
            { "name": "sale", "members": [{ "server": "n2" }], "policy": { "name": "least_load", "parameters": { "Statistic": "cpu" } }, "steerTo": ["shop"] }
          ]
        }
        """;

    private readonly string _file = Path.Combine(Path.GetTempPath(), $"athena-fleet-{Guid.NewGuid():N}.json");

    public void Dispose() => File.Delete(_file);

    [Fact]
    public async Task A_file_makes_farms_and_servers_whatever_they_refer_to_and_a_second_time_changes_nothing()
    {
        await using var athena = await AthenaHost.WithAsync("web", "a");
        var (exitCode, output) = await ApplyAsync(athena, Shops, "--dry-run");
        Assert.Equal((0, true), (exitCode, output.EndsWith("4 would change, 0 unchanged, 0 refused", StringComparison.Ordinal)));
        Assert.Single((await athena.Fleet.ListFarmsAsync(new())).Farms);
        (exitCode, output) = await ApplyAsync(athena, Shops, "--reason", "spring", "--actor", "ann");
        Assert.Equal((0, true), (exitCode, output.EndsWith("4 changed, 0 unchanged, 0 refused", StringComparison.Ordinal)));
        Assert.Equal("n2", (await athena.Fleet.GetServerAsync(new() { Server = "n1" })).Server.Forward);
        var shop = (await athena.Fleet.GetFarmAsync(new() { Farm = "shop" })).Farm;
        Assert.Equal((3u, "sale", "sale"), (shop.Members[0].Weight, shop.Forwards.Down, shop.SteerTo.Single()));
        Assert.All((await athena.Fleet.ListChangesAsync(new())).Changes, c => Assert.Equal(("ann", "spring"), (c.Actor, c.Reason)));
        Assert.Equal((0, "n2 http://127.0.0.1:9102"), await CliTests.RunAsync(athena, "balance", "sale"));
        Assert.Equal((0, "0 changed, 4 unchanged, 0 refused"), await ApplyAsync(athena, Shops));
    }

    [Fact]
    public async Task What_is_exported_can_be_applied_again_and_what_differs_is_named()
    {
        await using var athena = await AthenaHost.WithAsync("web", "a", "b");
        var exported = (await CliTests.RunAsync(athena, "export")).Output;
        Assert.Equal((0, "0 changed, 3 unchanged, 0 refused"), await ApplyAsync(athena, exported));
        var edited = exported.Replace("http://127.0.0.1:9002", "http://127.0.0.1:9999", StringComparison.Ordinal);
        Assert.Contains("b: would be changed: address", (await ApplyAsync(athena, edited, "--dry-run")).Output, StringComparison.Ordinal);
        Assert.Contains("b: changed: address", (await ApplyAsync(athena, edited)).Output, StringComparison.Ordinal);
        Assert.Equal("http://127.0.0.1:9999", (await athena.Fleet.GetServerAsync(new() { Server = "b" })).Server.Address);
        // What lists print is a file as well.
        Assert.Equal((0, "0 changed, 1 unchanged, 0 refused"), await ApplyAsync(athena, (await CliTests.RunAsync(athena, "farms", "--json")).Output));
    }

    [Fact]
    public async Task Prune_removes_what_was_made_and_is_not_in_the_file_and_never_what_is_configured()
    {
        await using var athena = await AthenaHost.WithAsync("web", "a");
        await ApplyAsync(athena, Shops);
        // What it does not list at all is no business of it.
        Assert.Equal((0, "0 changed, 0 unchanged, 0 refused"), await ApplyAsync(athena, "{}", "--prune"));
        var (exitCode, output) = await ApplyAsync(athena, """{ "servers": [{ "name": "n2", "address": "http://127.0.0.1:9102" }], "farms": [] }""", "--prune");
        Assert.True(exitCode == 0, output);
        Assert.Equal(["a", "n2"], (await athena.Fleet.ListServersAsync(new())).Servers.Select(s => s.Name));
        Assert.Equal(["web"], (await athena.Fleet.ListFarmsAsync(new())).Farms.Select(f => f.Name));
    }

    [Fact]
    public async Task What_is_refused_is_named_and_the_rest_is_done()
    {
        await using var athena = await AthenaHost.WithAsync("web", "a");
        var (exitCode, output) = await ApplyAsync(athena, """
            { "servers": [{ "name": "n1", "address": "http://127.0.0.1:9101" }, { "name": "bad", "address": "nowhere" }],
              "farms": [{ "name": "x", "members": [{ "server": "n3" }] }] }
            """);
        Assert.Equal(1, exitCode);
        Assert.Contains("n1: made", output, StringComparison.Ordinal);
        Assert.Contains("bad: server.address", output, StringComparison.Ordinal);
        Assert.Contains("farm/x: farm.members.n3: no server 'n3'", output, StringComparison.Ordinal);
        Assert.Contains("1 changed, 0 unchanged, 2 refused", output, StringComparison.Ordinal);
        (exitCode, output) = await CliTests.RunAsync(athena, "delete", "n1", "a", "zz");
        Assert.Equal(1, exitCode);
        Assert.Contains("n1: removed", output, StringComparison.Ordinal);
        Assert.Contains("a: server 'a' is", output, StringComparison.Ordinal);
        Assert.Contains("zz: no server 'zz'", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_farm_that_others_refer_to_stays_with_all_it_has()
    {
        await using var athena = await AthenaHost.WithAsync("web", "a");
        await ApplyAsync(athena, Shops);
        var (exitCode, output) = await CliTests.RunAsync(athena, "delete", "farm/shop", "n1");
        Assert.Equal(1, exitCode);
        Assert.Contains("farm/shop: farm 'shop' is in use", output, StringComparison.Ordinal);
        Assert.Equal("sale", (await athena.Fleet.GetFarmAsync(new() { Farm = "shop" })).Farm.Forwards.Down);
        (exitCode, output) = await CliTests.RunAsync(athena, "delete", "n1", "n2", "farm/shop", "farm/sale", "--reason", "gone");
        Assert.True(exitCode == 0, output);
        Assert.Contains("removed", (await CliTests.RunAsync(athena, "changes")).Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_weight_is_set_in_one_farm_or_in_all()
    {
        await using var athena = await AthenaHost.WithAsync("web", "a", "b");
        await ApplyAsync(athena, """{ "farms": [{ "name": "shop", "members": [{ "server": "a" }] }] }""");
        Assert.Equal(0, (await CliTests.RunAsync(athena, "weight", "3", "a", "--farm", "shop")).ExitCode);
        Assert.Equal((1u, 3u), (await WeightAsync(athena, "web"), await WeightAsync(athena, "shop")));
        Assert.Equal(0, (await CliTests.RunAsync(athena, "weight", "0", "a", "--reason", "worn out")).ExitCode);
        Assert.Equal((0u, 0u), (await WeightAsync(athena, "web"), await WeightAsync(athena, "shop")));
        Assert.Equal((1, "athena: a is not in shop2; `athena farms shop2` lists its members"), await ShopTwoAsync(athena));
        Assert.Equal(1, (await CliTests.RunAsync(athena, "weight", "1", "zz")).ExitCode);
        Assert.Equal(64, (await CliTests.RunAsync(athena, "weight", "-1", "a")).ExitCode);
    }

    [Fact]
    public async Task An_old_configuration_goes_into_a_service_that_runs()
    {
        await using var athena = await AthenaHost.WithAsync("web", "a");
        await File.WriteAllTextAsync(_file, "AthExpectUpdate 60\nAthPhys app01 127.0.0.1:9001 weight=2\nAthPhys app02 127.0.0.1:9002 forward=app01\nAthFarm farm_one algorithm=cpu members=app01,app02 forward-down=https://sorry.example/\n");
        var fleet = _file + ".new";
        try
        {
            Assert.Equal(0, (await CliTests.RunAsync("import", _file, "--fleet", "-o", fleet)).ExitCode);
            var (exitCode, output) = await CliTests.RunAsync(athena, "apply", fleet);
            Assert.True(exitCode == 0, output);
        }
        finally
        {
            File.Delete(fleet);
        }
        var farm = (await athena.Fleet.GetFarmAsync(new() { Farm = "farm_one" })).Farm;
        Assert.Equal(("least_load", "https://sorry.example/", 2u), (farm.Policy.Name, farm.Forwards.Down, farm.Members[0].Weight));
        var server = (await athena.Fleet.GetServerAsync(new() { Server = "app02" })).Server;
        Assert.Equal(("app01", 60), (server.Forward, server.ExpectUpdate.Seconds));
    }

    private static async Task<(int, string)> ShopTwoAsync(AthenaHost athena)
    {
        await athena.Fleet.CreateFarmAsync(new() { Farm = new() { Name = "shop2", Members = { new Member { Server = "b" } } } });
        return await CliTests.RunAsync(athena, "weight", "3", "a", "--farm", "shop2");
    }

    private static async Task<uint> WeightAsync(AthenaHost athena, string farm) => (await athena.Fleet.GetFarmAsync(new() { Farm = farm })).Farm.Members[0].Weight;

    private async Task<(int ExitCode, string Output)> ApplyAsync(AthenaHost athena, string text, params string[] options)
    {
        await File.WriteAllTextAsync(_file, text);
        var (exitCode, output) = await CliTests.RunAsync(athena, ["apply", _file, .. options]);
        return (exitCode, output.TrimEnd());
    }
}
