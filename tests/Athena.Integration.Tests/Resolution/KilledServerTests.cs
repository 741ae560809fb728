using System.Collections.Concurrent;
using Athena.Testing;

namespace Athena.Integration.Tests.Resolution;

/// <summary>Servers as processes of their own, killed and frozen while visitors come.</summary>
public sealed class KilledServerTests
{
    private const int Visitors = 8;

    [Fact]
    public async Task A_server_killed_under_load_fails_no_request_that_was_safe_to_repeat()
    {
        await using var rig = await Rig.StartAsync(new { ConsecutiveFailures = 3, MostEjected = 0.5 }, null);
        await using var asking = new Load(rig.Gateway.Traffic, Visitors);
        await using var posting = new Load(rig.Gateway.Traffic, Visitors, method: HttpMethod.Post);
        await asking.UntilAsync(l => l.Answered > 200 && posting.Answered > 200);
        rig.Servers[0].Process.Signal(ChildProcess.SigKill);
        var (asked, posted) = (asking.Answered, posting.Answered);
        await asking.UntilAsync(l => l.Answered > asked + 400 && posting.Answered > posted + 400);
        await asking.StopAsync();
        await posting.StopAsync();
        Assert.Empty(asking.Failures);
        // What may have had an effect is not repeated: at most what was under way.
        Assert.InRange(posting.Failures.Count, 0, Visitors);
        Assert.All(posting.Failures, f => Assert.StartsWith("502", f, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_frozen_server_holds_up_those_it_has_until_the_timeout_and_serves_again_when_it_goes_on()
    {
        await using var rig = await Rig.StartAsync(null, new { Kind = "http", Path = "/healthz", Interval = "00:00:00.3", Timeout = "00:00:00.3", Fall = 2, Rise = 1 }, "--Gateway:Timeout=00:00:02");
        var served = new ConcurrentDictionary<string, int>();
        await using var load = new Load(rig.Gateway.Traffic, Visitors, () => answer => served.AddOrUpdate(answer.Headers.GetValues("X-Served-By").Single(), 1, (_, n) => n + 1));
        int Of(string server) => served.GetValueOrDefault(server);
        await load.UntilAsync(l => Of("a") > 20);
        rig.Servers[0].Process.Signal(ChildProcess.SigStop);
        await Deadline.UntilAsync(() => rig.Athena.Fleet.GetServerAsync(new() { Server = "a" }).ResponseAsync, s => s.Server.Status.Causes.Count > 0);
        // Whoever it held up has gone on.
        await Deadline.UntilAsync(() => rig.InFlightAsync("a"), inFlight => inFlight == 0);
        var then = load.Answered;
        await load.UntilAsync(l => l.Answered > then + 100);
        var failed = load.Failures.Count;
        Assert.InRange(failed, 0, Visitors);
        Assert.All(load.Failures, f => Assert.StartsWith("504", f, StringComparison.Ordinal));
        rig.Servers[0].Process.Signal(ChildProcess.SigCont);
        var before = Of("a");
        await load.UntilAsync(_ => Of("a") > before + 20);
        await load.StopAsync();
        Assert.Equal(failed, load.Failures.Count);
    }

    [Fact]
    public async Task Service_and_gateway_meet_at_a_Unix_socket_also_after_the_service_was_killed()
    {
        var socket = Path.Combine(Path.GetTempPath(), $"athena-{Guid.NewGuid():N}.sock");
        try
        {
            await using var backend = await Backend.StartAsync("a");
            Task<AthenaHost> ServiceAsync() => AthenaHost.StartAsync(House.Fleet("web", backend), $"--Kestrel:Endpoints:Socket:Url=http://unix:{socket}", "--Kestrel:Endpoints:Socket:Protocols=Http2");
            await using var first = await ServiceAsync();
            await using var gateway = await GatewayHost.PassAsync(new Uri("http://127.0.0.1:1"), "/", "http://web/", $"--Gateway:Service:0=unix:{socket}");
            await using var load = new Load(gateway.Traffic, Visitors);
            await load.UntilAsync(l => l.Answered > 200 && l.LastWasLocal == false);
            Assert.Equal(0, load.Local);
            first.Process.Signal(ChildProcess.SigKill);
            await load.UntilAsync(l => l.Local > 200);
            await using var second = await ServiceAsync();
            await load.UntilAsync(l => l.LastWasLocal == false);
            await load.StopAsync();
            Assert.Empty(load.Failures);
        }
        finally
        {
            File.Delete(socket);
        }
    }

    /// <summary>Four servers in a farm `web`, all processes.</summary>
    private sealed class Rig : IAsyncDisposable
    {
        public required AthenaHost Athena { get; init; }

        public required GatewayHost Gateway { get; init; }

        public required ServerProcess[] Servers { get; init; }

        public static async Task<Rig> StartAsync(object? ejection, object? check, params string[] arguments)
        {
            var servers = await Task.WhenAll("abcd".Select(n => ServerProcess.StartAsync($"{n}")));
            var farm = new Dictionary<string, object> { ["Members"] = servers.ToDictionary(s => s.Name, _ => new { Weight = 1 }) };
            if (ejection is not null)
            {
                farm["Ejection"] = ejection;
            }
            if (check is not null)
            {
                farm["Check"] = check;
            }
            var athena = await AthenaHost.StartAsync(new { Servers = servers.ToDictionary(s => s.Name, s => new { Address = s.Address.ToString() }), Farms = new { web = farm } });
            return new Rig { Athena = athena, Gateway = await GatewayHost.PassAsync(athena.GrpcAddress, "/", "http://web/", arguments), Servers = servers };
        }

        public async Task<long> InFlightAsync(string server) => (await Athena.Stats.GetStatsAsync(new() { Server = server })).InFlight;

        public async ValueTask DisposeAsync()
        {
            await Gateway.DisposeAsync();
            await Athena.DisposeAsync();
            foreach (var server in Servers)
            {
                await server.DisposeAsync();
            }
        }
    }
}
