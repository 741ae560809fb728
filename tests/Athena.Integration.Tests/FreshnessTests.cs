using Athena.Testing;
using Athena.V1;

namespace Athena.Integration.Tests;

public sealed class FreshnessTests
{
    [Fact]
    public async Task A_silent_server_goes_out_and_its_next_report_brings_it_in()
    {
        await using var athena = await AthenaHost.StartAsync(new
        {
            Servers = new { a = new { Address = "http://127.0.0.1:9001", ExpectUpdate = "00:00:03" } },
            Farms = new { web = new { Members = new { a = new { } } } },
        });
        using var watch = athena.Watch.WatchHealth(new() { Servers = { "a" } }, cancellationToken: Deadline.Token());
        await WatchTests.NextAsync(watch);
        await athena.Stats.UpdateStatsAsync(new() { Server = "a" });

        HealthChange gone;
        do
        {
            gone = (await WatchTests.NextAsync(watch)).Change ?? new();
        }
        while (gone.Server?.NewStatus.Freshness != FreshnessState.Out);
        Assert.Equal("athena", gone.Actor);
        Assert.Equal(CauseKind.Out, Assert.Single(gone.Server.NewStatus.Causes).Kind);
        Assert.Contains("no statistics for", gone.Reason, StringComparison.Ordinal);
        var (_, info) = await Errors.OfAsync(athena.Balancer.BalanceAsync(new() { Farm = "web" }));
        Assert.Equal(("NO_AVAILABLE_MEMBER", "1"), (info.Reason, info.Metadata["out"]));

        // In again before the report is answered.
        await athena.Stats.UpdateStatsAsync(new() { Server = "a" });
        Assert.Equal("a", (await athena.Balancer.BalanceAsync(new() { Farm = "web" })).Server);
        Assert.Equal(FreshnessState.In, (await WatchTests.NextAsync(watch)).Change.Server.NewStatus.Freshness);
    }

    [Fact]
    public async Task Statistics_are_read_back_and_decide()
    {
        await using var athena = await AthenaHost.StartAsync(new
        {
            Servers = new { a = new { Address = "http://127.0.0.1:9001" }, b = new { Address = "http://127.0.0.1:9002" } },
            Farms = new { web = new { Policy = new { Name = "least_load", Statistic = "cpu", Pick = "best", HandOutCost = 0 }, Members = new { a = new { }, b = new { } } } },
        });
        await athena.Stats.UpdateStatsAsync(new() { Server = "a", Stats = { ["cpu"] = 80 }, Load = new() { CpuUtilization = 0.8, NamedMetrics = { ["jobs"] = 3 } } });
        await athena.PostJsonAsync("/v1/servers/b/stats", """{"stats":{"cpu":0}}""");
        var a = await athena.Stats.GetStatsAsync(new() { Server = "a" });
        Assert.Equal([("cpu", 80), ("cpu_utilization", 0.8), ("named_metrics.jobs", 3)], a.Stats.Select(s => (s.Key, s.Value.Value)).OrderBy(s => s.Key, StringComparer.Ordinal));
        Assert.Equal("b", (await athena.Balancer.BalanceAsync(new() { Farm = "web" })).Server);
        Assert.Equal(0, (await athena.GetJsonAsync("/v1/servers/b/stats")).GetProperty("stats").GetProperty("cpu").GetProperty("value").GetDouble());

        using var stream = athena.Stats.StreamStats(cancellationToken: Deadline.Token());
        await stream.RequestStream.WriteAsync(new()
        {
            Reports =
            {
                new UpdateStatsRequest { Server = "b", Stats = { ["cpu"] = 90 } },
                new UpdateStatsRequest { Server = "b", Stats = { ["cpu"] = double.NaN } },
                new UpdateStatsRequest { Server = "z" },
            },
        });
        await stream.RequestStream.CompleteAsync();
        var taken = await stream;
        Assert.Equal((1, 2, "b,z"), (taken.Accepted, taken.Rejected, string.Join(',', taken.Rejections.Select(r => r.Server))));
        Assert.Equal("a", (await athena.Balancer.BalanceAsync(new() { Farm = "web" })).Server);
    }
}
