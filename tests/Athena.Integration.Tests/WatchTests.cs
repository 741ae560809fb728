using System.Text.Json;
using Athena.Testing;
using Athena.V1;
using Grpc.Core;

namespace Athena.Integration.Tests;

public sealed class WatchTests
{
    [Fact]
    public async Task A_watch_begins_with_a_snapshot_and_goes_on_with_changes()
    {
        await using var athena = await AthenaHost.WithAsync("web", "a", "b");
        using var watch = athena.Watch.WatchHealth(new(), cancellationToken: Deadline.Token());
        var snapshot = (await NextAsync(watch)).Snapshot;
        Assert.Equal(["a", "b"], snapshot.Servers.Select(s => s.Server));
        Assert.All(snapshot.Servers, s => Assert.True(s.Status.Available));
        Assert.True(Assert.Single(snapshot.Farms).Status.Serving);

        var set = await athena.Fleet.SetMemberStateAsync(new() { Server = "a", State = AdminState.Off, Actor = "ann", Reason = "disk" });
        var server = (await NextAsync(watch)).Change;
        Assert.Equal((set.Revision, "ann", "disk"), (server.Revision, server.Actor, server.Reason));
        Assert.Equal((AdminState.On, AdminState.Off), (server.Server.OldStatus.Admin, server.Server.NewStatus.Admin));
        Assert.Equal(CauseKind.Off, Assert.Single(server.Server.NewStatus.Causes).Kind);
        var farm = (await NextAsync(watch)).Change;
        Assert.Equal((2u, 1u), (farm.Farm.OldStatus.AvailableMembers, farm.Farm.NewStatus.AvailableMembers));
    }

    [Fact]
    public async Task A_watch_of_one_server_hears_of_no_other()
    {
        await using var athena = await AthenaHost.WithAsync("web", "a", "b");
        using var watch = athena.Watch.WatchHealth(new() { Servers = { "b" } }, cancellationToken: Deadline.Token());
        Assert.Equal("b", Assert.Single((await NextAsync(watch)).Snapshot.Servers).Server);
        await athena.Fleet.SetMemberStateAsync(new() { Server = "a", State = AdminState.Off });
        await athena.Fleet.SetMemberStateAsync(new() { Server = "b", Health = HealthState.Down });
        Assert.Equal(HealthState.Down, (await NextAsync(watch)).Change.Server.NewStatus.Health);
    }

    [Fact]
    public async Task A_watch_resumes_after_a_revision_or_says_that_it_cannot()
    {
        await using var athena = await AthenaHost.WithAsync("web", "a");
        var first = (await athena.Fleet.SetMemberStateAsync(new() { Server = "a", State = AdminState.Drain })).Revision;
        var second = (await athena.Fleet.SetMemberStateAsync(new() { Server = "a", State = AdminState.Off })).Revision;
        using (var resumed = athena.Watch.WatchHealth(new() { Servers = { "a" }, ResumeRevision = first }, cancellationToken: Deadline.Token()))
        {
            var change = (await NextAsync(resumed)).Change;
            Assert.Equal((second, AdminState.Drain, AdminState.Off), (change.Revision, change.Server.OldStatus.Admin, change.Server.NewStatus.Admin));
        }
        foreach (var lost in new[] { 1, second + 1_000_000 })
        {
            using var fresh = athena.Watch.WatchHealth(new() { ResumeRevision = lost }, cancellationToken: Deadline.Token());
            Assert.True((await NextAsync(fresh)).Snapshot.Resynchronised);
        }
    }

    [Fact]
    public async Task Changes_that_came_while_nobody_read_are_merged_by_subject()
    {
        await using var athena = await AthenaHost.WithAsync("web", "a");
        var start = (await athena.Fleet.GetServerAsync(new() { Server = "a" })).Revision;
        foreach (var state in new[] { AdminState.Off, AdminState.Drain, AdminState.On, AdminState.Off })
        {
            await athena.Fleet.SetMemberStateAsync(new() { Server = "a", State = state });
        }
        using var watch = athena.Watch.WatchHealth(new() { Servers = { "a" }, ResumeRevision = start }, cancellationToken: Deadline.Token());
        var change = (await NextAsync(watch)).Change;
        Assert.Equal((3u, AdminState.On, AdminState.Off), (change.Merged, change.Server.OldStatus.Admin, change.Server.NewStatus.Admin));
    }

    [Fact]
    public async Task Over_HTTP_a_watch_is_lines_of_JSON()
    {
        await using var athena = await AthenaHost.WithAsync("web", "a");
        await using var stream = await athena.Http.GetStreamAsync("/v1/health:watch", Deadline.Token());
        using var lines = new StreamReader(stream);
        var snapshot = JsonDocument.Parse((await lines.ReadLineAsync(Deadline.Token()))!).RootElement.GetProperty("snapshot");
        Assert.Equal("a", snapshot.GetProperty("servers")[0].GetProperty("server").GetString());
        await athena.PostJsonAsync("/v1/servers/a:setState", """{"health":"HEALTH_STATE_DOWN","actor":"probe"}""");
        var change = JsonDocument.Parse((await lines.ReadLineAsync(Deadline.Token()))!).RootElement.GetProperty("change");
        Assert.Equal("probe", change.GetProperty("actor").GetString());
    }

    [Fact]
    public async Task A_watch_of_a_stranger_fails()
    {
        await using var athena = await AthenaHost.WithAsync("web", "a");
        using var watch = athena.Watch.WatchHealth(new() { Farms = { "wob" } }, cancellationToken: Deadline.Token());
        var error = await Assert.ThrowsAsync<RpcException>(() => watch.ResponseStream.MoveNext(Deadline.Token()));
        Assert.Equal(StatusCode.NotFound, error.StatusCode);
    }

    [Fact]
    public async Task The_fleet_is_told_whole_and_then_by_what_changes()
    {
        await using var athena = await AthenaHost.WithAsync("web", "a", "b");
        using var watch = athena.Watch.WatchFleet(new(), cancellationToken: Deadline.Token());
        Assert.True(await watch.ResponseStream.MoveNext(Deadline.Token()));
        var fleet = watch.ResponseStream.Current;
        Assert.True(fleet.Snapshot);
        Assert.Equal(["a", "b"], Assert.Single(fleet.Farms).Members.Select(m => m.Server));
        await athena.Fleet.SetMemberStateAsync(new() { Farm = "web", Server = "b", State = AdminState.Drain });
        var change = await NextChangeAsync(watch);
        Assert.False(change.Snapshot);
        Assert.Equal(AdminState.Drain, Assert.Single(change.Farms).Members[1].Admin);
        await athena.ConfigureAsync(Fleets.Of("web", "a"));
        Assert.Equal("b", Assert.Single((await NextChangeAsync(watch)).RemovedServers));
    }

    /// <summary>On a machine that is slow enough bookmarks come between.</summary>
    private static async Task<WatchFleetResponse> NextChangeAsync(AsyncServerStreamingCall<WatchFleetResponse> watch)
    {
        do
        {
            Assert.True(await watch.ResponseStream.MoveNext(Deadline.Token()), "the stream ended");
        }
        while (watch.ResponseStream.Current is { Snapshot: false, Farms.Count: 0, Servers.Count: 0, RemovedFarms.Count: 0, RemovedServers.Count: 0 });
        return watch.ResponseStream.Current;
    }

    internal static async Task<WatchHealthResponse> NextAsync(AsyncServerStreamingCall<WatchHealthResponse> watch)
    {
        do
        {
            Assert.True(await watch.ResponseStream.MoveNext(Deadline.Token()), "the stream ended");
        }
        while (watch.ResponseStream.Current.Bookmark is not null);
        return watch.ResponseStream.Current;
    }
}
