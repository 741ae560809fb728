using System.Net;
using System.Text.RegularExpressions;
using Athena.Testing;
using Athena.V1;

namespace Athena.Integration.Tests.Resolution;

/// <summary>The gateway while the service is away.</summary>
public sealed class StaticStabilityTests
{
    [Fact]
    public async Task No_request_fails_when_the_service_is_killed_under_load_and_states_still_hold()
    {
        await using var house = await House.StartAsync("/", "http://web/", "a", "b", "c");
        await house.Athena.Fleet.SetMemberStateAsync(new() { Server = "b", State = AdminState.Off });
        await house.Athena.Fleet.SetMemberStateAsync(new() { Farm = "web", Server = "c", State = AdminState.Drain });
        // The gateway hears of it by its own stream.
        await TellsRevisionAsync(house);
        await using var load = new Load(house.Gateway.Traffic, visitors: 16);
        await load.UntilAsync(l => l.Answered > 200);
        house.Athena.Process.Signal(ChildProcess.SigKill);
        await load.UntilAsync(l => l.Local > 500);
        await load.StopAsync();
        Assert.Empty(load.Failures);
        Assert.Equal((0, 0), (house.Backends[1].Served, house.Backends[2].Served));
        Assert.Single(Regex.Matches(house.Gateway.Process.Output, "The service does not answer"));
        Assert.Equal(HttpStatusCode.OK, (await house.Gateway.Management.GetAsync("/readyz")).StatusCode);
        Assert.Matches(@"athena_gateway_local\S* 1", await house.Gateway.Management.GetStringAsync("/metrics"));
    }

    [Fact]
    public async Task A_stopped_service_delays_only_those_who_wait_already_and_decides_again_when_it_goes_on()
    {
        await using var a = await Backend.StartAsync("a");
        await using var b = await Backend.StartAsync("b");
        await using var house = await House.StartAsync("/", "http://web/", ["--Gateway:DecisionTimeout=00:00:00.5"], a, b);
        await using var load = new Load(house.Gateway.Traffic, visitors: 8);
        await load.UntilAsync(l => l.Answered > 100);
        house.Athena.Process.Signal(ChildProcess.SigStop);
        await load.UntilAsync(l => l.Local > 300);
        house.Athena.Process.Signal(ChildProcess.SigCont);
        await load.UntilAsync(l => l.LastWasLocal == false);
        await load.StopAsync();
        Assert.Empty(load.Failures);
        await Deadline.UntilAsync(() => house.InFlightAsync("a"), inFlight => inFlight == 0);
    }

    [Fact]
    public async Task A_service_that_is_back_at_its_address_decides_again()
    {
        await using var backend = await Backend.StartAsync("a");
        var fleet = House.Fleet("web", backend);
        var first = await AthenaHost.StartAsync(fleet);
        await using var gateway = await GatewayHost.PassAsync(first.GrpcAddress, "/", "http://web/");
        var address = first.GrpcAddress;
        await first.DisposeAsync();
        await Deadline.UntilAsync(() => gateway.Traffic.GetAsync("/"), r => r.Headers.Contains("Athena-Resolution") && r.IsSuccessStatusCode);
        await using var second = await AthenaHost.StartAsync(fleet, $"--Kestrel:Endpoints:Grpc:Url={address}");
        await Deadline.UntilAsync(() => gateway.Traffic.GetAsync("/"), r => !r.Headers.Contains("Athena-Resolution") && r.IsSuccessStatusCode);
    }

    [Fact]
    public async Task Another_replica_decides_when_the_first_is_killed()
    {
        await using var a = await Backend.StartAsync("a");
        await using var b = await Backend.StartAsync("b");
        await using var house = await House.StartAsync("/", "http://web/", a);
        await using var second = await AthenaHost.StartAsync(House.Fleet("web", b));
        await using var gateway = await GatewayHost.PassAsync(house.Athena.GrpcAddress, "/", "http://web/", $"--Gateway:Service:1={second.GrpcAddress}");
        await using var load = new Load(gateway.Traffic, visitors: 4);
        await load.UntilAsync(l => l.Answered > 20);
        Assert.Equal(0, b.Served);
        house.Athena.Process.Signal(ChildProcess.SigKill);
        // Only the second knows b.
        await load.UntilAsync(l => b.Served > 20 && l.LastWasLocal == false);
        await load.StopAsync();
        Assert.Empty(load.Failures);
    }

    [Fact]
    public async Task A_gateway_started_while_the_service_is_away_serves_by_the_fleet_it_kept()
    {
        var file = Path.Combine(Path.GetTempPath(), $"athena-fleet-{Guid.NewGuid():N}.json");
        try
        {
            await using var house = await House.StartAsync("/", "http://web/", [$"--Gateway:SnapshotFile={file}"], await Backend.StartAsync("a"), await Backend.StartAsync("b"));
            await house.Athena.Fleet.SetMemberStateAsync(new() { Server = "b", State = AdminState.Off });
            await Deadline.UntilAsync(() => File.Exists(file) ? File.ReadAllTextAsync(file) : Task.FromResult(""), t => t.Contains("ADMIN_STATE_OFF", StringComparison.Ordinal));
            house.Athena.Process.Signal(ChildProcess.SigKill);
            await house.Athena.Process.ExitCodeAsync();
            await using var next = await GatewayHost.PassAsync(house.Athena.GrpcAddress, "/", "http://web/", $"--Gateway:SnapshotFile={file}");
            for (var i = 0; i < 10; i++)
            {
                var answer = await next.Traffic.GetAsync("/");
                Assert.Equal(("a /", "local"), (await answer.Content.ReadAsStringAsync(), answer.Headers.GetValues("Athena-Resolution").Single()));
            }
            Assert.Equal(HttpStatusCode.OK, (await next.Management.GetAsync("/readyz")).StatusCode);
            // A damaged file is left aside.
            await File.WriteAllTextAsync(file, "{ \"revision\": ");
            await using var cold = await GatewayHost.PassAsync(house.Athena.GrpcAddress, "/", "http://web/", $"--Gateway:SnapshotFile={file}");
            Assert.Equal(HttpStatusCode.ServiceUnavailable, (await cold.Traffic.GetAsync("/")).StatusCode);
            Assert.Contains("cannot be read and is left aside", cold.Process.Output, StringComparison.Ordinal);
        }
        finally
        {
            File.Delete(file);
        }
    }

    private static async Task TellsRevisionAsync(House house)
    {
        var revision = (await house.Athena.Fleet.GetFarmAsync(new() { Farm = "web" })).Revision;
        await Deadline.UntilAsync(() => house.Gateway.Management.GetStringAsync("/metrics"),
            page => Regex.Match(page, @"athena_gateway_fleet_revision\S* (\d+)") is { Success: true } seen && seen.Groups[1].Value == $"{revision}");
    }
}
