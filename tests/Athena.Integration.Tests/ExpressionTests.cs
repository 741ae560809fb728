using Athena.Testing;
using Athena.V1;

namespace Athena.Integration.Tests;

/// <summary>The policy `expression`, by configuration, decided over gRPC.</summary>
public sealed class ExpressionTests
{
    [Theory]
    [InlineData("0.6*cpu + 0.4*jobs/capacity", "cost", "b")] // 6.2, 4.6, 6.84
    [InlineData("capacity - jobs", "worth", "c")] // 1, 0, 2
    [InlineData("100*(label('zone') != \"north\") + cpu", "cost", "a")]
    public async Task A_farm_answers_as_its_formula_says(string score, string reads, string expected)
    {
        await using var athena = await AthenaHost.StartAsync(Fleet(score, reads));
        foreach (var (server, cpu, jobs, capacity) in new[] { ("a", 10, 1, 2), ("b", 7, 1, 1), ("c", 11, 3, 5) })
        {
            await athena.Stats.UpdateStatsAsync(new() { Server = server, Stats = { ["cpu"] = cpu, ["jobs"] = jobs, ["capacity"] = capacity } });
        }
        for (var i = 0; i < 20; i++)
        {
            Assert.Equal(expected, (await athena.Balancer.BalanceAsync(new() { Farm = "web" })).Server);
        }
    }

    [Fact]
    public async Task A_bad_formula_stops_the_start_and_is_named_by_path_and_column()
    {
        await using var service = ChildProcess.Start("Athena.Service", "--Kestrel:Endpoints:Grpc:Url=http://127.0.0.1:0", "--Kestrel:Endpoints:Http:Url=http://127.0.0.1:0",
            "--Athena:Farms:web:Policy:Name=expression", "--Athena:Farms:web:Policy:Score=0.6*cpu + mn(jobs, 2)", "--Athena:Farms:shop:Policy:Name=expression");
        Assert.Equal(1, await service.ExitCodeAsync());
        Assert.Contains("Athena:Farms:web:Policy:Score: column 11: no function 'mn'; did you mean 'min'?", service.Output, StringComparison.Ordinal);
        Assert.Contains("Athena:Farms:shop:Policy:Score: column 1: the expression is empty", service.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", service.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_bad_formula_is_refused_at_reload_and_the_last_good_one_stays()
    {
        await using var athena = await AthenaHost.StartAsync(Fleet("cpu", "cost"));
        await athena.ConfigureAsync(Fleet("cpu / 0", "cost"));
        await athena.Process.LineAsync(l => l.Contains("Athena:Farms:web:Policy:Score: column 7: division by zero", StringComparison.Ordinal));
        await athena.Stats.UpdateStatsAsync(new() { Server = "a", Stats = { ["cpu"] = 1 } });
        Assert.Contains((await athena.Balancer.BalanceAsync(new() { Farm = "web" })).Server, new[] { "a", "b", "c" });

        // A good one is in force at once: the same numbers, read the other way.
        await athena.ConfigureAsync(Fleet("cpu", "worth"));
        await athena.Stats.UpdateStatsAsync(new() { Server = "b", Stats = { ["cpu"] = 5 } });
        await athena.Stats.UpdateStatsAsync(new() { Server = "c", Stats = { ["cpu"] = 2 } });
        await Deadline.UntilAsync(async () => (await athena.Balancer.BalanceAsync(new() { Farm = "web" })).Server, server => server == "b");
    }

    [Fact]
    public async Task What_is_no_number_is_answered_all_the_same_and_counted()
    {
        await using var athena = await AthenaHost.StartAsync(Fleet("1/cpu", "cost"));
        await athena.Stats.UpdateStatsAsync(new() { Server = "a", Stats = { ["cpu"] = 0 } });
        await athena.Stats.UpdateStatsAsync(new() { Server = "b", Stats = { ["cpu"] = 0 } });
        await athena.Stats.UpdateStatsAsync(new() { Server = "c", Stats = { ["cpu"] = 3 } });
        Assert.Equal("c", (await athena.Balancer.BalanceAsync(new() { Farm = "web" })).Server);
        await Deadline.UntilAsync(() => athena.Http.GetStringAsync("/metrics"),
            page => page.Split('\n').Any(l => l.StartsWith("athena_score_invalid_total{", StringComparison.Ordinal) && l.Contains("farm=\"web\"", StringComparison.Ordinal)));
    }

    private static object Fleet(string score, string reads) => new
    {
        Servers = new
        {
            a = new { Address = "http://127.0.0.1:9001", Labels = new { zone = "north" } },
            b = new { Address = "http://127.0.0.1:9002", Labels = new { zone = "south" } },
            c = new { Address = "http://127.0.0.1:9003" },
        },
        Farms = new { web = new { Policy = new { Name = "expression", Score = score, Reads = reads, Pick = "best", HandOutCost = 0 }, Members = new { a = new { }, b = new { }, c = new { } } } },
    };
}
