using System.Net;
using System.Net.Sockets;
using Athena.Testing;
using Athena.V1;

namespace Athena.Integration.Tests;

public sealed class ConfigurationTests
{
    [Fact]
    public async Task A_changed_file_is_in_force_by_itself_and_states_stay()
    {
        await using var athena = await AthenaHost.WithAsync("web", "a", "b");
        await athena.Fleet.SetMemberStateAsync(new() { Server = "a", State = AdminState.Off });
        await athena.ConfigureAsync(Fleets.Of("shop", "a", "c"));
        await athena.Process.LineAsync(l => l.Contains("1 farms and 2 servers are in force", StringComparison.Ordinal) && athena.Process.Output.Split("in force").Length > 2);
        Assert.Equal("c", (await athena.Balancer.BalanceAsync(new() { Farm = "shop" })).Server);
        Assert.Equal("FARM_NOT_FOUND", (await Errors.OfAsync(athena.Balancer.BalanceAsync(new() { Farm = "web" }))).Info.Reason);
        Assert.Equal(AdminState.Off, (await athena.Fleet.GetServerAsync(new() { Server = "a" })).Server.Status.Admin);
    }

    [Fact]
    public async Task A_start_that_fails_names_the_fault_and_no_other()
    {
        await using var first = await AthenaHost.WithAsync("web", "a");
        await using var second = ChildProcess.Start("Athena.Service", "--Athena:Store:Kind=memory", "--Kestrel:Endpoints:Grpc:Url=http://127.0.0.1:0", $"--Kestrel:Endpoints:Http:Url={first.Http.BaseAddress!.GetLeftPart(UriPartial.Authority)}");
        Assert.Equal(1, await second.ExitCodeAsync());
        Assert.Contains("address already in use", second.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("crit:", second.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("fail:", second.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_bad_file_is_refused_as_a_whole_and_the_last_good_one_stays()
    {
        await using var athena = await AthenaHost.WithAsync("web", "a");
        await athena.ConfigureAsync(new
        {
            Servers = new { a = new { Address = "nowhere" } },
            Farms = new { web = new { Policy = new { Name = "least_lode" }, Members = new { b = new { Weight = -1 } }, Colour = "red" } },
        });
        await athena.Process.LineAsync(l => l.Contains("Athena:Farms:web:Colour", StringComparison.Ordinal));
        foreach (var path in new[] { "Athena:Servers:a:Address", "Athena:Farms:web:Policy:Name", "Athena:Farms:web:Members:b:", "Athena:Farms:web:Members:b:Weight" })
        {
            await athena.Process.LineAsync(l => l.Contains(path, StringComparison.Ordinal));
        }
        Assert.Equal("a", (await athena.Balancer.BalanceAsync(new() { Farm = "web" })).Server);

        await athena.ConfigureTextAsync("""{ "Athena": { """);
        await athena.Process.LineAsync(l => l.Contains("its last good content stays in force", StringComparison.Ordinal));
        Assert.Equal("a", (await athena.Balancer.BalanceAsync(new() { Farm = "web" })).Server);

        await athena.ConfigureAsync(Fleets.Of("shop", "a"));
        await Deadline.UntilAsync(async () => (await athena.Fleet.ListFarmsAsync(new())).Farms[0].Name, name => name == "shop");
    }

    [Fact]
    public async Task A_bad_configuration_stops_the_start_and_names_every_fault()
    {
        await using var service = ChildProcess.Start("Athena.Service",
            "--Kestrel:Endpoints:Grpc:Url=http://127.0.0.1:0", "--Kestrel:Endpoints:Http:Url=http://127.0.0.1:0",
            "--Athena:Servers:a:Adress=http://127.0.0.1:1", "--Athena:Farms:web:Members:a:Weight=1.5", "--Athena:Farms:web:Forward:Down=web", "--Athena:Farms:w b:Policy:Name=none",
            "--Athena:ExpectUpdate=30", "--Athena:Farms:x:Policy=least_time");
        Assert.Equal(1, await service.ExitCodeAsync());
        foreach (var fault in new[]
        {
            "Athena:Servers:a:Adress: unknown key; did you mean 'Address'?", "Athena:Servers:a:Address: '' is not an address", "Athena:Farms:web:Members:a:Weight: '1.5' is not a whole number",
            "Athena:Farms:web:Forward: forwards of 'web' lead back to it", "Athena:Farms:w b: a name is", "Athena:Farms:w b:Policy:Name: no policy 'none'", "Athena:ExpectUpdate: '30' is not a duration",
            "Athena:Farms:x:Policy: a text stands where keys belong; write Athena:Farms:x:Policy:Name",
        })
        {
            Assert.Contains(fault, service.Output, StringComparison.Ordinal);
        }
        Assert.DoesNotContain("   at ", service.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_start_that_is_called_off_ends_in_good_order()
    {
        // A store that takes the connection and never answers: the service is in the middle of its start.
        using var store = new TcpListener(IPAddress.Loopback, 0);
        store.Start();
        await using var service = ChildProcess.Start("Athena.Service", "--Athena:Store:Kind=etcd", $"--Athena:Store:Endpoints=http://{store.LocalEndpoint}",
            "--Kestrel:Endpoints:Grpc:Url=http://127.0.0.1:0", "--Kestrel:Endpoints:Http:Url=http://127.0.0.1:0");
        using var held = await store.AcceptSocketAsync(Deadline.Token());
        service.Signal(ChildProcess.SigTerm);
        Assert.Equal(0, await service.ExitCodeAsync());
        Assert.DoesNotContain("Unhandled", service.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--Athena:Leases:Timeout=00:00:00.5", "Timeout")]
    [InlineData("--Athena:Leases:TimeOut2=1", "TimeOut2")]
    [InlineData("--Athena:Store:Kind=floppy", "Kind must be one of")]
    [InlineData("--Athena:EnginePaths:0=ath", "'ath' is not a path")]
    [InlineData("--Config=/no/such/file.json", "file.json")]
    public async Task A_bad_option_stops_the_start_and_is_named(string argument, string named)
    {
        await using var service = ChildProcess.Start("Athena.Service", "--Kestrel:Endpoints:Grpc:Url=http://127.0.0.1:0", "--Kestrel:Endpoints:Http:Url=http://127.0.0.1:0", argument);
        Assert.Equal(1, await service.ExitCodeAsync());
        Assert.Contains(named, service.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", service.Output, StringComparison.Ordinal);
    }
}
