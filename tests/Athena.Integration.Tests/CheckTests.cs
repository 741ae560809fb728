using Athena.Testing;
using Athena.V1;
using Microsoft.AspNetCore.Http;

namespace Athena.Integration.Tests;

public sealed class CheckTests
{
    [Fact]
    public async Task A_server_that_fails_its_check_gets_nothing_until_it_answers_well_again()
    {
        var status = 200;
        await using var good = await Backend.StartAsync("good");
        await using var bad = await Backend.StartAsync("bad", context =>
        {
            context.Response.StatusCode = status;
            return context.Response.WriteAsync("fine");
        });
        await using var athena = await AthenaHost.StartAsync(new
        {
            Servers = new { a = new { Address = bad.Address, Check = new { Kind = "http", Path = "/healthz", BodyText = "fine", Timeout = "00:00:30", Interval = "00:00:00.1", Rise = 2, Fall = 2 } }, b = new { Address = good.Address } },
            Farms = new { web = new { Members = new { a = new { }, b = new { } } } },
        });
        using var watch = athena.Watch.WatchHealth(new() { Servers = { "a" } }, cancellationToken: Deadline.Token());
        Assert.True(Assert.Single((await WatchTests.NextAsync(watch)).Snapshot.Servers).Status.Available);
        var told = (await athena.Fleet.GetServerAsync(new() { Server = "a" })).Server.Check;
        Assert.Equal((HealthCheck.Types.Kind.Http, "/healthz", 2u), (told.Kind, told.Path, told.Fall));

        status = 503;
        var down = (await WatchTests.NextAsync(watch)).Change;
        var cause = Assert.Single(down.Server.NewStatus.Causes);
        Assert.Equal((CauseKind.CheckFailed, "athena", "2 bad checks in a row; the last: status 503"), (cause.Kind, cause.Actor, cause.Reason));
        Assert.Equal(HealthState.Up, down.Server.NewStatus.Health);
        // An operator's word does not hide it.
        await athena.Fleet.SetMemberStateAsync(new() { Server = "a", Health = HealthState.Up });
        for (var i = 0; i < 4; i++)
        {
            Assert.Equal("b", (await athena.Balancer.BalanceAsync(new() { Farm = "web" })).Server);
        }
        await athena.Fleet.SetMemberStateAsync(new() { Server = "b", State = AdminState.Off });
        Assert.Equal("1", (await Errors.OfAsync(athena.Balancer.BalanceAsync(new() { Farm = "web" }))).Info.Metadata["down"]);

        status = 200;
        Assert.True((await WatchTests.NextAsync(watch)).Change.Server.NewStatus.Available);
        Assert.Equal("a", (await athena.Balancer.BalanceAsync(new() { Farm = "web" })).Server);
        var metrics = await athena.Http.GetStringAsync("/metrics");
        Assert.Contains("athena_checks_total{", metrics, StringComparison.Ordinal);
        Assert.Matches("athena_check_duration_seconds_bucket\\{[^}]*le=\"0\\.0025\"\\}", metrics);
    }

    [Fact]
    public async Task A_farm_is_checked_by_grpc_and_a_reload_ends_it()
    {
        await using var other = await AthenaHost.WithAsync("other", "x");
        static object Fleet(Uri address, object? check) => new
        {
            Servers = new { a = new { Address = address } },
            Farms = new { web = check is null ? (object)new { Members = new { a = new { } } } : new { Members = new { a = new { } }, Check = check } },
        };
        await using var athena = await AthenaHost.StartAsync(Fleet(other.GrpcAddress, new { Kind = "grpc", Path = "farm/other", Timeout = "00:00:30", Interval = "00:00:00.1", Rise = 1, Fall = 1 }));
        using var watch = athena.Watch.WatchHealth(new() { Servers = { "a" } }, cancellationToken: Deadline.Token());
        await WatchTests.NextAsync(watch);
        await other.Fleet.SetFarmStateAsync(new() { Farm = "other", State = AdminState.Off });
        Assert.Contains("gRPC health NotServing", (await WatchTests.NextAsync(watch)).Change.Reason, StringComparison.Ordinal);
        await athena.ConfigureAsync(Fleet(other.GrpcAddress, null));
        Assert.Equal("is no longer checked", (await WatchTests.NextAsync(watch)).Change.Reason);
        Assert.Equal("a", (await athena.Balancer.BalanceAsync(new() { Farm = "web" })).Server);
    }

    [Fact]
    public async Task A_failure_of_every_check_at_once_trips_panic_instead_of_an_outage()
    {
        await using var athena = await AthenaHost.StartAsync(new
        {
            Servers = new { a = new { Address = "http://127.0.0.1:1" }, b = new { Address = "http://127.0.0.1:1" } },
            Farms = new { web = new { Members = new { a = new { }, b = new { } }, PanicThreshold = 0.5, Check = new { Kind = "tcp", Interval = "00:00:00.1", Fall = 1 } } },
        });
        await Deadline.UntilAsync(async () => (await athena.Fleet.GetFarmAsync(new() { Farm = "web" })).Farm, f => f.Panicking && f.AvailableMembers == 0);
        var answer = await athena.Balancer.BalanceAsync(new() { Farm = "web" });
        Assert.True(answer.Panicked);
    }

    [Fact]
    public async Task Every_bad_value_is_named_by_path()
    {
        await using var service = ChildProcess.Start("Athena.Service",
            "--Kestrel:Endpoints:Grpc:Url=http://127.0.0.1:0", "--Kestrel:Endpoints:Http:Url=http://127.0.0.1:0",
            "--Athena:Servers:a:Address=tcp://a.example", "--Athena:Servers:a:Check:Kind=http", "--Athena:Servers:a:Check:Path=healthz", "--Athena:Servers:a:Check:Rise=0", "--Athena:Servers:a:Check:Fall=101",
            "--Athena:Servers:a:Check:Timeout=00:00:00.009", "--Athena:Servers:a:Check:Interval=01:00:01", "--Athena:Servers:a:Check:ExpectedStatus=99", "--Athena:Servers:a:Check:Pathh=/",
            "--Athena:Farms:web:Check:Kind=icmp", "--Athena:Farms:shop:Check:Kind=tcp", "--Athena:Farms:shop:Check:Path=/x", "--Athena:Farms:shop:Check:BodyText=x");
        Assert.Equal(1, await service.ExitCodeAsync());
        foreach (var fault in new[]
        {
            "Athena:Servers:a:Check: the address 'tcp://a.example' has no port to check", "Athena:Servers:a:Check:Path: 'healthz' is not a path", "Athena:Servers:a:Check:Rise: must be from 1 to 100",
            "Athena:Servers:a:Check:Fall: must be from 1 to 100", "Athena:Servers:a:Check:Timeout: must be from 00:00:00.0100000 to 00:10:00", "Athena:Servers:a:Check:Interval: must be from",
            "Athena:Servers:a:Check:ExpectedStatus: must be from 100 to 599", "Athena:Servers:a:Check:Pathh: unknown key; did you mean 'Path'?", "Athena:Farms:web:Check:Kind: 'icmp' is not a kind of check; there are http, tcp, grpc, none",
            "Athena:Farms:shop:Check:Path: has no meaning for this kind of check", "Athena:Farms:shop:Check:BodyText: has no meaning",
        })
        {
            Assert.Contains(fault, service.Output, StringComparison.Ordinal);
        }
    }
}
