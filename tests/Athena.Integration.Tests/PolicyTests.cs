using Athena.Testing;
using Athena.V1;

namespace Athena.Integration.Tests;

/// <summary>Every policy by configuration, decided over gRPC.</summary>
public sealed class PolicyTests
{
    public static readonly TheoryData<string, Dictionary<string, object>> Policies = new()
    {
        { "round_robin", [] },
        { "random", [] },
        { "least_load", new() { ["Statistic"] = "cpu", ["Pick"] = "proportional" } },
        { "sum", new() { ["Statistics"] = new { cpu = 0.7, mem = 0.3 }, ["Pick"] = "best" } },
        { "least_requests", new() { ["Choices"] = 2, ["Bias"] = 1 } },
        { "peak_ewma", new() { ["Decay"] = "00:00:05" } },
        { "least_time", new() { ["Decay"] = "00:00:05" } },
        { "weighted_load", new() { ["Blackout"] = "00:00:00", ["Penalty"] = 1 } },
        { "prequal", new() { ["Quantile"] = 0.8 } },
        { "consistent_hash", new() { ["LoadFactor"] = 150 } },
        { "expression", new() { ["Score"] = "0.6*cpu + 0.4*(mem/farm_max(mem)) + 5*(age > 10)", ["Pick"] = "best" } },
    };

    [Theory]
    [MemberData(nameof(Policies))]
    public async Task A_policy_decides_and_shares_the_work_of_equals(string name, Dictionary<string, object> parameters)
    {
        await using var athena = await AthenaHost.StartAsync(Fleet(name, parameters));
        foreach (var server in new[] { "a", "b" })
        {
            await athena.Stats.UpdateStatsAsync(new() { Server = server, Stats = { ["cpu"] = 10, ["mem"] = 10 }, Load = new() { CpuUtilization = 0.1, RpsFractional = 100 } });
        }
        var counts = new Dictionary<string, int>();
        for (var i = 0; i < 100; i++)
        {
            var decision = await athena.Balancer.BalanceAsync(new() { Farm = "web", Lease = true, HashKey = $"session {i}" });
            counts[decision.Server] = counts.GetValueOrDefault(decision.Server) + 1;
            await athena.Balancer.ReportOutcomeAsync(new() { Outcome = new() { DecisionId = decision.DecisionId, Kind = OutcomeKind.Success, Latency = new() { Nanos = 5_000_000 } } });
        }
        // Half each; five standard deviations of 100 fair draws are 25.
        Assert.Equal(["a", "b"], counts.Keys.Order());
        Assert.All(counts.Values, count => Assert.InRange(count, 25, 75));
    }

    [Theory]
    [InlineData("least_time")]
    [InlineData("peak_ewma")]
    public async Task The_fastest_of_a_large_farm_is_found_and_found_again_when_another_is_faster(string policy)
    {
        var names = Enumerable.Range(0, 70).Select(i => $"s{i}").ToArray();
        await using var athena = await AthenaHost.StartAsync(new
        {
            Servers = names.ToDictionary(n => n, _ => (object)new { Address = "http://127.0.0.1:9001" }),
            Farms = new { web = new { Policy = new { Name = policy, Pick = "best", Decay = "01:00:00" }, Members = names.ToDictionary(n => n, _ => new { }) } },
        });
        foreach (var name in names)
        {
            await WorkAsync(name, name == "s7" ? 10 : 50);
        }
        await Deadline.UntilAsync(AskAsync, d => d.Server == "s7");
        Assert.Equal("s7", (await AskAsync()).Server);
        await WorkAsync("s7", 200);
        await WorkAsync("s7", 200);
        await WorkAsync("s7", 200);
        Assert.NotEqual("s7", (await AskAsync()).Server);

        Task<BalanceResponse> AskAsync() => athena.Balancer.BalanceAsync(new() { Farm = "web" }).ResponseAsync;

        async Task WorkAsync(string server, int milliseconds)
        {
            var decision = await athena.Balancer.BalanceAsync(new() { Farm = "web", Lease = true, PinnedServer = server });
            Assert.Equal(server, decision.Server);
            await athena.Balancer.ReportOutcomeAsync(new() { Outcome = new() { DecisionId = decision.DecisionId, Kind = OutcomeKind.Success, Latency = new() { Nanos = milliseconds * 1_000_000 } } });
        }
    }

    [Fact]
    public async Task A_hash_key_meets_its_server_again()
    {
        await using var athena = await AthenaHost.StartAsync(Fleet("consistent_hash", []));
        var servers = new HashSet<string>();
        for (var i = 0; i < 30; i++)
        {
            var request = new BalanceRequest { Farm = "web", HashKey = $"session {i}" };
            var server = (await athena.Balancer.BalanceAsync(request)).Server;
            servers.Add(server);
            Assert.Equal(server, (await athena.Balancer.BalanceAsync(request)).Server);
            Assert.Equal(server, (await athena.GetJsonAsync($"/v1/farms/web:balance?hashKey=session%20{i}")).GetProperty("server").GetString());
        }
        Assert.Equal(2, servers.Count);
    }

    private static Dictionary<string, object> Fleet(string policy, Dictionary<string, object> parameters)
    {
        var fleet = Fleets.Of("web", "a", "b");
        fleet["Farms"] = new { web = new { Policy = new Dictionary<string, object>(parameters) { ["Name"] = policy }, Members = new { a = new { }, b = new { } } } };
        return fleet;
    }
}
