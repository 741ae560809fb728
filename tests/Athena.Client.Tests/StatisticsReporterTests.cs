using Athena.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace Athena.Client.Tests;

public sealed class StatisticsReporterTests
{
    [Fact]
    public async Task An_application_reports_itself_and_its_own_numbers()
    {
        await using var athena = await AthenaHost.WithAsync("web", "a");
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Services.AddAthenaClient(client => client.Addresses.Add(athena.GrpcAddress.ToString()));
        builder.Services.AddAthenaReporter(reporter =>
        {
            reporter.Server = "a";
            reporter.Interval = TimeSpan.FromMilliseconds(100);
            reporter.Numbers["queue"] = () => 3;
            reporter.Numbers["broken"] = () => throw new InvalidOperationException("no number today");
            reporter.Numbers["poison"] = () => double.NaN;
        });
        await using var app = builder.Build();
        var leave = new TaskCompletionSource();
        app.MapGet("/", async (HttpContext _) => await leave.Task);
        await app.StartAsync();
        using var visitor = new HttpClient();
        var inside = visitor.GetAsync(app.Urls.First());

        // A request that is inside shows as such, without anything installed for it.
        var stats = await Deadline.UntilAsync(async () => (await athena.Stats.GetStatsAsync(new() { Server = "a" })).Stats,
            s => s.TryGetValue("requests", out var requests) && requests.Value == 1);
        Assert.Equal(["cpu", "mem", "queue", "requests"], stats.Keys.Order());
        Assert.Equal(3, stats["queue"].Value);
        Assert.InRange(stats["mem"].Value, double.Epsilon, 100);
        leave.SetResult();
        await inside;
        await app.StopAsync();
    }

    [Fact]
    public async Task A_reporter_without_a_server_does_not_start()
    {
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Services.AddAthenaReporter(_ => { });
        using var host = builder.Build();
        Assert.Contains("Server", (await Assert.ThrowsAsync<OptionsValidationException>(() => host.StartAsync())).Message, StringComparison.Ordinal);
    }
}
