using System.Net;
using System.Net.Sockets;
using Athena.Testing;

namespace Athena.Integration.Tests.Resolution;

public sealed class RetryTests
{
    [Fact]
    public async Task A_server_that_dies_under_load_costs_no_visitor_an_answer()
    {
        var servers = "abcd".Select(n => new BreakableBackend($"{n}")).ToArray();
        await using var rig = await Rig.StartAsync(new { ConsecutiveFailures = 3, MostEjected = 0.5 }, [], servers);
        await using var load = new Load(rig.Gateway.Traffic, visitors: 16);
        await load.UntilAsync(l => l.Answered > 400);
        servers[0].Kill();
        var then = load.Answered;
        await load.UntilAsync(l => l.Answered > then + 600);
        await load.StopAsync();
        Assert.Empty(load.Failures);
        Assert.Matches(@"athena_gateway_retries_total\S* [1-9]", await rig.Gateway.Management.GetStringAsync("/metrics"));
    }

    [Fact]
    public async Task A_request_that_no_server_saw_goes_to_another_one_whatever_its_method()
    {
        await using var alive = new BreakableBackend("alive");
        await using var rig = await Rig.StartAsync(null, ["--Gateway:Retries:Reserve=1000"], alive);
        for (var i = 0; i < 10; i++)
        {
            var answer = await rig.Gateway.Traffic.PostAsync("/", new StringContent("once"));
            Assert.Equal("alive", await answer.Content.ReadAsStringAsync());
        }
        Assert.Equal(10, alive.Heads.Count);
    }

    [Fact]
    public async Task A_server_that_lets_nobody_connect_is_left_after_the_connect_timeout()
    {
        // The system takes no more connections than wait already: further ones hang.
        using var full = new Socket(SocketType.Stream, ProtocolType.Tcp);
        full.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        full.Listen(0);
        var waiting = Enumerable.Range(0, 4).Select(_ => new Socket(SocketType.Stream, ProtocolType.Tcp)).ToArray();
        foreach (var socket in waiting)
        {
            _ = socket.ConnectAsync(full.LocalEndPoint!).ContinueWith(t => t.Exception, TaskScheduler.Default);
        }
        await using var alive = new BreakableBackend("alive");
        await using var athena = await AthenaHost.StartAsync(new
        {
            Servers = new { full = new { Address = $"http://{full.LocalEndPoint}/" }, alive = new { Address = alive.Address.ToString() } },
            Farms = new { web = new { Members = new { full = new { }, alive = new { } } } },
        });
        await using var gateway = await GatewayHost.PassAsync(athena.GrpcAddress, "/", "http://web/", "--Gateway:ConnectTimeout=00:00:00.2");
        for (var i = 0; i < 4; i++)
        {
            Assert.Equal("alive", await (await gateway.Traffic.PostAsync("/", new StringContent("once"))).Content.ReadAsStringAsync());
        }
        Assert.Matches("""athena_gateway_proxying_duration_seconds_count\{[^}]*outcome="connect_failure",server="full"\} [1-4]""", await gateway.Management.GetStringAsync("/metrics"));
        Array.ForEach(waiting, s => s.Dispose());
    }

    [Theory]
    [InlineData("POST", "sent", 1)]
    [InlineData("POST", null, 1)]
    [InlineData("PUT", "sent", 1)]
    [InlineData("DELETE", null, 1)]
    [InlineData("GET", null, 3)]
    [InlineData("HEAD", null, 3)]
    public async Task A_request_that_may_have_had_an_effect_is_never_repeated(string method, string? body, int seen)
    {
        var servers = "abc".Select(n => new BreakableBackend($"{n}") { Resets = true }).ToArray();
        await using var rig = await Rig.StartAsync(null, [], servers);
        using var request = new HttpRequestMessage(new HttpMethod(method), "/") { Content = body is null ? null : new StringContent(body) };
        Assert.Equal(HttpStatusCode.BadGateway, (await rig.Gateway.Traffic.SendAsync(request)).StatusCode);
        Assert.Equal(seen, servers.Sum(s => s.Heads.Count));
    }

    [Fact]
    public async Task What_is_no_answer_is_not_seen_while_another_server_has_one()
    {
        await using var rig = await Rig.StartAsync(null, ["--Gateway:Retries:Reserve=1000"], new BreakableBackend("broken") { Answer = "HTTP/1.1 200 OK\r\nX-Broken: 1\r\nno field\r\n\r\n" }, new BreakableBackend("alive"));
        for (var i = 0; i < 10; i++)
        {
            using var answer = await rig.Gateway.Traffic.GetAsync("/");
            Assert.Equal(("alive", false), (await answer.Content.ReadAsStringAsync(), answer.Headers.Contains("X-Broken")));
        }
    }

    [Fact]
    public async Task Retries_stay_within_their_budget_when_every_server_fails()
    {
        var servers = "abcd".Select(n => new BreakableBackend($"{n}") { Resets = true }).ToArray();
        await using var rig = await Rig.StartAsync(null, ["--Gateway:Retries:Budget=0.1", "--Gateway:Retries:Reserve=1"], servers);
        await Parallel.ForEachAsync(Enumerable.Range(0, 500), new ParallelOptions { MaxDegreeOfParallelism = 8 }, async (_, cancellation) =>
            Assert.Equal(HttpStatusCode.BadGateway, (await rig.Gateway.Traffic.GetAsync("/", cancellation)).StatusCode));
        // A tenth, the reserve, and what slow seconds add to it.
        Assert.InRange(servers.Sum(s => s.Heads.Count), 520, 600);
    }

    /// <summary>A farm whose servers break; a further one was never there unless they reset.</summary>
    private sealed class Rig : IAsyncDisposable
    {
        public required AthenaHost Athena { get; init; }

        public required GatewayHost Gateway { get; init; }

        public required BreakableBackend[] Servers { get; init; }

        public static async Task<Rig> StartAsync(object? ejection, string[] arguments, params BreakableBackend[] servers)
        {
            var addresses = servers.Select((s, i) => ($"s{i}", s.Address)).ToList();
            if (servers.Length == 1)
            {
                addresses.Add(("dead", await BreakableBackend.DeadAsync()));
            }
            var members = addresses.ToDictionary(a => a.Item1, _ => new { Weight = 1 });
            var athena = await AthenaHost.StartAsync(new
            {
                Servers = addresses.ToDictionary(a => a.Item1, a => new { Address = a.Address.ToString() }),
                Farms = new { web = ejection is null ? (object)new { Members = members } : new { Members = members, Ejection = ejection } },
            });
            return new Rig { Athena = athena, Gateway = await GatewayHost.PassAsync(athena.GrpcAddress, "/", "http://web/", arguments), Servers = servers };
        }

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
