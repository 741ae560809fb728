using System.Text.Json;
using Athena.Testing;
using Athena.V1;

namespace Athena.Integration.Tests;

/// <summary>The tool `athena` as a process, against services as processes.</summary>
public sealed class CliTests
{
    [Fact]
    public async Task A_server_that_is_set_off_gets_nothing_and_its_farm_tells_why()
    {
        await using var athena = await AthenaHost.WithAsync("web", "a");
        Assert.Equal((0, "a http://127.0.0.1:9001"), await RunAsync(athena, "balance", "web"));
        Assert.Equal((0, "http://127.0.0.1:9001"), await RunAsync(athena, "balance", "web", "--quiet"));
        var (exitCode, output) = await RunAsync(athena, "set", "off", "a", "--reason", "disk swap", "--actor", "ann", "--until", "2h");
        Assert.Equal(0, exitCode);
        Assert.Contains("a: off up in (off by ann: disk swap, until ", output, StringComparison.Ordinal);
        (exitCode, output) = await RunAsync(athena, "balance", "web");
        Assert.Equal(2, exitCode);
        Assert.Contains("no server available in web: 1 members: 1 off", output, StringComparison.Ordinal);
        Assert.Contains("off by ann: disk swap", (await RunAsync(athena, "farms", "web")).Output, StringComparison.Ordinal);
        Assert.Contains("ann  a        on up -> off up  disk swap", (await RunAsync(athena, "changes")).Output, StringComparison.Ordinal);
        Assert.Equal(0, (await RunAsync(athena, "undo", "1")).ExitCode);
        Assert.Equal("a", JsonDocument.Parse((await RunAsync(athena, "balance", "web", "--json")).Output).RootElement.GetProperty("server").GetString());
    }

    [Fact]
    public async Task Errors_say_what_is_near_and_several_farms_get_a_line_each()
    {
        await using var athena = await AthenaHost.WithAsync("web", "a");
        var (exitCode, output) = await RunAsync(athena, "balance", "web", "wob");
        Assert.Equal(1, exitCode);
        Assert.Contains("web a http://127.0.0.1:9001", output, StringComparison.Ordinal);
        Assert.Contains("no farm 'wob'; did you mean 'web'?", output, StringComparison.Ordinal);
        (exitCode, output) = await RunAsync("balance", "web", "--service", athena.Http.BaseAddress!.ToString());
        Assert.Equal(3, exitCode);
        Assert.Contains("does not speak gRPC", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Members_farms_forwards_and_the_engine_are_set()
    {
        await using var athena = await AthenaHost.WithAsync("web", "a", "b");
        Assert.Equal(0, (await RunAsync(athena, "set", "drain", "a", "--farm", "web")).ExitCode);
        Assert.Equal(AdminState.Drain, (await athena.Fleet.GetFarmAsync(new() { Farm = "web" })).Farm.Members[0].Admin);
        Assert.Equal(0, (await RunAsync(athena, "forward", "farm/web", "--off", "https://sorry.example/")).ExitCode);
        Assert.Equal(0, (await RunAsync(athena, "set", "off", "farm/web")).ExitCode);
        Assert.Equal((0, "https://sorry.example/ (forwarded web -> https://sorry.example/: farm off)"), await RunAsync(athena, "balance", "web"));
        // The forward that is not named stays.
        Assert.Equal(0, (await RunAsync(athena, "forward", "farm/web", "--down", "https://down.example/")).ExitCode);
        Assert.Equal("https://sorry.example/", (await athena.Fleet.GetFarmAsync(new() { Farm = "web" })).Farm.Forwards.Off);
        Assert.Equal(0, (await RunAsync(athena, "forward", "farm/web", "--none")).ExitCode);
        Assert.Equal(0, (await RunAsync(athena, "set", "on", "farm/web")).ExitCode);
        Assert.Equal(0, (await RunAsync(athena, "forward", "a", "b")).ExitCode);
        Assert.Equal("b", (await athena.Fleet.GetServerAsync(new() { Server = "a" })).Server.Forward);
        Assert.Equal(0, (await RunAsync(athena, "set", "off", "--engine")).ExitCode);
        Assert.Equal(2, (await RunAsync(athena, "balance", "web")).ExitCode);
    }

    [Fact]
    public async Task Statistics_are_pushed_and_shown()
    {
        await using var athena = await AthenaHost.WithAsync("web", "a");
        Assert.Equal((0, ""), await RunAsync(athena, "stats", "push", "a", "cpu=12.5", "jobs=3"));
        var (exitCode, output) = await RunAsync(athena, "stats", "show", "a");
        Assert.Equal(0, exitCode);
        Assert.Contains("cpu        12.5", output, StringComparison.Ordinal);
        (exitCode, output) = await RunAsync(athena, "stats", "push", "a", "cpu=-1");
        Assert.Equal(1, exitCode);
        Assert.Contains("cpu", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_watch_shows_changes_and_goes_on_after_the_service_was_away()
    {
        await using var first = await AthenaHost.WithAsync("web", "a");
        await using var watch = ChildProcess.Start("Athena.Cli", "watch", "--service", first.GrpcAddress.ToString());
        await watch.LineAsync(l => l.Contains("changes follow", StringComparison.Ordinal));
        await RunAsync(first, "set", "off", "a", "--reason", "disk", "--actor", "ann");
        await watch.LineAsync(l => l.Contains("a  on up in -> off up in by ann: disk", StringComparison.Ordinal));
        await KillAsync(first);
        await watch.LineAsync(l => l.Contains("trying again until it is back", StringComparison.Ordinal));
        await using var second = await AgainAsync(first, "web", "a");
        await watch.LineAsync(l => l.EndsWith(" is back", StringComparison.Ordinal));
        // The second snapshot is told: what comes now is a change.
        await watch.LineAsync(_ => watch.Output.Split("changes follow").Length > 2);
        await RunAsync(second, "set", "down", "a", "--actor", "bob");
        await watch.LineAsync(l => l.Contains("on up in -> on down in by bob", StringComparison.Ordinal));
        watch.Signal(ChildProcess.SigInt);
        Assert.Equal(0, await watch.ExitCodeAsync());
    }

    [Fact]
    public async Task A_monitor_ends_with_0_1_2_or_3()
    {
        await using var athena = await AthenaHost.WithAsync("web", "a", "b");
        Assert.Equal((0, ""), await RunAsync(athena, "monitor"));
        await athena.Fleet.SetMemberStateAsync(new() { Server = "b", State = AdminState.Off });
        Assert.Equal(0, (await RunAsync(athena, "monitor")).ExitCode);
        await athena.Fleet.SetMemberStateAsync(new() { Server = "b", State = AdminState.On, Health = HealthState.Down, Actor = "probe", Reason = "no answer" });
        Assert.Equal((1, "server b down by probe: no answer"), await RunAsync(athena, "monitor"));
        await athena.Fleet.SetMemberStateAsync(new() { Server = "a", Health = HealthState.Down });
        var (exitCode, output) = await RunAsync(athena, "monitor");
        Assert.Equal(2, exitCode);
        Assert.Contains("farm web has no server (2 members)", output, StringComparison.Ordinal);
        (exitCode, output) = await RunAsync(athena, "monitor", "--nagios");
        Assert.Equal(2, exitCode);
        Assert.Contains("ATHENA CRITICAL - web has no server", output, StringComparison.Ordinal);
        Assert.Contains("'web'=0;;1:;0;2", output, StringComparison.Ordinal);
        Assert.Equal(2, JsonDocument.Parse((await RunAsync(athena, "monitor", "--json")).Output).RootElement.GetProperty("exitCode").GetInt32());
        await KillAsync(athena);
        (exitCode, output) = await RunAsync("monitor", "--nagios", "--service", athena.GrpcAddress.ToString());
        Assert.Equal(3, exitCode);
        Assert.Contains("ATHENA UNKNOWN - ", output, StringComparison.Ordinal);
        Assert.Equal(3, (await RunAsync("monitor", "--service", athena.GrpcAddress.ToString())).ExitCode);
    }

    [Fact]
    public async Task An_imported_configuration_starts_the_service()
    {
        var folder = Directory.CreateTempSubdirectory("athena-import-");
        try
        {
            await File.WriteAllTextAsync(Path.Combine(folder.FullName, "farms.conf"), "AthFarm farm_one algorithm=cpu \\\n  members=app01,app02 forward-down=https://sorry.example/\nAthFarm farm_two algorithm=rr members=app02\n");
            await File.WriteAllTextAsync(Path.Combine(folder.FullName, "httpd.conf"),
                "AthEngine On\nAthPath /ath\nAthExpectUpdate 60\nAthPhys app01 127.0.0.1:9001 weight=2 expect=30\nAthPhys app02 127.0.0.1:9002 forward=app01\nInclude farms.conf\nProxyPass /r/ http://farm_one/r/\n");
            var file = Path.Combine(folder.FullName, "athena.json");
            Assert.Equal(0, (await RunAsync("import", Path.Combine(folder.FullName, "httpd.conf"), "-o", file)).ExitCode);
            await using var process = ChildProcess.Start("Athena.Service", $"--Config={file}", "--Kestrel:Endpoints:Grpc:Url=http://127.0.0.1:0", "--Kestrel:Endpoints:Http:Url=http://127.0.0.1:0");
            var addresses = await process.AddressesAsync(2);
            Assert.Equal((0, "app02 http://127.0.0.1:9002"), await RunAsync("balance", "farm_two", "--service", addresses[0].ToString()));
            await using var gateway = await GatewayHost.StartAsync(addresses[0], $"--Config={file}");
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    internal static async Task KillAsync(AthenaHost athena)
    {
        athena.Process.Signal(ChildProcess.SigKill);
        await athena.Process.ExitCodeAsync();
    }

    /// <summary>A new service where the first one was, as a restart leaves it.</summary>
    internal static Task<AthenaHost> AgainAsync(AthenaHost first, string farm, params string[] members) =>
        AthenaHost.StartAsync(Fleets.Of(farm, members), $"--Kestrel:Endpoints:Grpc:Url=http://127.0.0.1:{first.GrpcAddress.Port}");

    internal static Task<(int ExitCode, string Output)> RunAsync(AthenaHost athena, params string[] arguments) => RunAsync([.. arguments, "--service", athena.GrpcAddress.ToString(), "--timeout", "60s"]);

    internal static async Task<(int ExitCode, string Output)> RunAsync(params string[] arguments)
    {
        await using var tool = ChildProcess.Start("Athena.Cli", arguments);
        return (await tool.ExitCodeAsync(), tool.Output);
    }
}
