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
