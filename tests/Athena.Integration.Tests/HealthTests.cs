using Athena.Testing;
using Athena.V1;
using Grpc.Core;
using Grpc.Health.V1;
using Grpc.Reflection.V1Alpha;
using static Grpc.Health.V1.HealthCheckResponse.Types;

namespace Athena.Integration.Tests;

public sealed class HealthTests
{
    [Fact]
    public async Task Any_client_can_watch_a_farm_by_grpc_health()
    {
        await using var athena = await AthenaHost.WithAsync("web", "a");
        await Deadline.UntilAsync(async () => (await athena.Health.CheckAsync(new() { Service = "" })).Status, status => status == ServingStatus.Serving);
        using var watch = athena.Health.Watch(new() { Service = "farm/web" }, cancellationToken: Deadline.Token());
        Assert.Equal(ServingStatus.Serving, await NextAsync(watch));
        await athena.Fleet.SetMemberStateAsync(new() { Server = "a", State = AdminState.Off });
        Assert.Equal(ServingStatus.NotServing, await NextAsync(watch));
        await athena.Fleet.SetMemberStateAsync(new() { Server = "a", State = AdminState.On });
        Assert.Equal(ServingStatus.Serving, await NextAsync(watch));
        var unknown = await Assert.ThrowsAsync<RpcException>(async () => await athena.Health.CheckAsync(new() { Service = "farm/none" }));
        Assert.Equal(StatusCode.NotFound, unknown.StatusCode);
        Assert.Equal("ok\n", await athena.Http.GetStringAsync("/healthz"));
    }

    [Fact]
    public async Task Reflection_names_the_services()
    {
        await using var athena = await AthenaHost.WithAsync("web", "a");
        using var call = new ServerReflection.ServerReflectionClient(athena.Channel).ServerReflectionInfo(cancellationToken: Deadline.Token());
        await call.RequestStream.WriteAsync(new() { ListServices = "" });
        Assert.True(await call.ResponseStream.MoveNext(Deadline.Token()));
        var names = call.ResponseStream.Current.ListServicesResponse.Service.Select(s => s.Name).ToArray();
        Assert.Empty(new[] { "athena.v1.BalancerService", "athena.v1.StatsService", "athena.v1.FleetService", "athena.v1.WatchService", "athena.v1.ClassicService", "grpc.health.v1.Health" }.Except(names));
    }

    [Fact]
    public async Task Metrics_count_decisions_by_farm_and_member_and_never_repeat_request_text()
    {
        await using var athena = await AthenaHost.WithAsync("web", "a");
        await athena.Balancer.BalanceAsync(new() { Farm = "WEB" });
        await Errors.OfAsync(athena.Balancer.BalanceAsync(new() { Farm = "made-up-by-a-caller" }));
        var page = await athena.Http.GetStringAsync("/metrics");
        Assert.Matches("""athena_decisions_total\{[^}]*farm="web",member="a",outcome="chosen"\} 1""", page);
        Assert.DoesNotContain("made-up-by-a-caller", page, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_stop_ends_open_streams_and_the_process_in_good_order()
    {
        await using var athena = await AthenaHost.WithAsync("web", "a");
        using var watch = athena.Watch.WatchHealth(new(), cancellationToken: Deadline.Token());
        await WatchTests.NextAsync(watch);
        using var stream = athena.Balancer.BalanceStream(cancellationToken: Deadline.Token());
        await stream.RequestStream.WriteAsync(new() { Questions = { new BalanceQuestion { Id = 1, Request = new() { Farm = "web" } } } });
        Assert.True(await stream.ResponseStream.MoveNext(Deadline.Token()));

        athena.Process.Signal(ChildProcess.SigTerm);
        Assert.False(await watch.ResponseStream.MoveNext(Deadline.Token()));
        var ended = await Assert.ThrowsAsync<RpcException>(() => stream.ResponseStream.MoveNext(Deadline.Token()));
        Assert.Equal(StatusCode.Unavailable, ended.StatusCode);
        Assert.Equal(0, await athena.Process.ExitCodeAsync());
    }

    private static async Task<ServingStatus> NextAsync(AsyncServerStreamingCall<HealthCheckResponse> watch)
    {
        Assert.True(await watch.ResponseStream.MoveNext(Deadline.Token()));
        return watch.ResponseStream.Current.Status;
    }
}
