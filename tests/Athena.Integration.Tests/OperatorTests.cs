using Athena.Testing;
using Athena.V1;
using Grpc.Core;

namespace Athena.Integration.Tests;

public sealed class OperatorTests
{
    private const string Sorry = "https://sorry.example/";

    [Fact]
    public async Task A_forward_set_at_run_time_is_followed_and_survives_a_reload()
    {
        await using var athena = await AthenaHost.WithAsync("web", "a", "b");
        var set = await athena.Fleet.SetForwardAsync(new() { Farm = "web", Forwards = new() { Off = Sorry }, Actor = "ann", Reason = "moving" });
        Assert.Equal(Sorry, set.Farm.Forwards.Off);
        await athena.Fleet.SetFarmStateAsync(new() { Farm = "web", State = AdminState.Off });
        Assert.Equal(Sorry, (await athena.Balancer.BalanceAsync(new() { Farm = "web" })).Url);
        await athena.ConfigureAsync(Fleets.Of("web", "a", "b", "c"));
        await Deadline.UntilAsync(async () => (await athena.Fleet.GetFarmAsync(new() { Farm = "web" })).Farm.Members.Count, n => n == 3);
        Assert.Equal(Sorry, (await athena.Balancer.BalanceAsync(new() { Farm = "web" })).Url);
        await athena.Fleet.SetForwardAsync(new() { Farm = "web", AsConfigured = true });
        Assert.Equal("FARM_OFF", (await Errors.OfAsync(athena.Balancer.BalanceAsync(new() { Farm = "web" }))).Info.Reason);
    }

    [Fact]
    public async Task A_server_stands_in_and_a_reload_without_it_ends_that()
    {
        await using var athena = await AthenaHost.WithAsync("web", "a", "b");
        await athena.PostJsonAsync("/v1/servers/a:setForward", """{"forward":"b","actor":"ann"}""");
        await athena.Fleet.SetMemberStateAsync(new() { Server = "a", Health = HealthState.Down });
        Assert.Equal("b", (await athena.Fleet.GetServerAsync(new() { Server = "a" })).Server.Forward);
        var answers = new List<BalanceResponse>();
        for (var i = 0; i < 4; i++)
        {
            answers.Add(await athena.Balancer.BalanceAsync(new() { Farm = "web" }));
        }
        Assert.Equal(2, answers.Count(r => r.Forwarded && r.Server == "b"));
        await athena.ConfigureAsync(Fleets.Of("web", "a", "c"));
        await athena.Process.LineAsync(l => l.Contains("The forward of a that was set at run time ends", StringComparison.Ordinal));
        Assert.Equal("", (await athena.Fleet.GetServerAsync(new() { Server = "a" })).Server.Forward);
    }

    [Fact]
    public async Task A_loop_is_refused_and_named()
    {
        await using var athena = await AthenaHost.StartAsync(new
        {
            Servers = new { a = new { Address = "http://127.0.0.1:9001" }, b = new { Address = "http://127.0.0.1:9002", Forward = "a" } },
            Farms = new { one = new { Members = new { a = new { } } }, two = new { Members = new { b = new { } }, Forward = new { Down = "one" } } },
        });
        var error = await Assert.ThrowsAsync<RpcException>(async () => await athena.Fleet.SetForwardAsync(new() { Farm = "one", Forwards = new() { Down = "two" } }));
        Assert.Equal(StatusCode.InvalidArgument, error.StatusCode);
        Assert.Contains("forwards: forwards of 'one' lead back to it: one -> two -> one", error.Status.Detail, StringComparison.Ordinal);
        error = await Assert.ThrowsAsync<RpcException>(async () => await athena.Fleet.SetForwardAsync(new() { Server = "a", Forward = "b" }));
        Assert.Contains("forward: forwards of 'a' lead back to it: a -> b -> a", error.Status.Detail, StringComparison.Ordinal);
        error = await Assert.ThrowsAsync<RpcException>(async () => await athena.Fleet.SetForwardAsync(new() { Farm = "one", Forwards = new() { Off = "twoo" } }));
        Assert.Contains("forwards.off: no farm 'twoo'; did you mean 'two'?", error.Status.Detail, StringComparison.Ordinal);
        foreach (var request in new SetForwardRequest[] { new(), new() { Farm = "one", Server = "a" }, new() { Farm = "one" }, new() { Server = "a", Forward = "b", AsConfigured = true } })
        {
            Assert.Equal("INVALID_FIELD", (await Errors.OfAsync(athena.Fleet.SetForwardAsync(request))).Info.Reason);
        }
        Assert.Equal("FARM_NOT_FOUND", (await Errors.OfAsync(athena.Fleet.SetForwardAsync(new() { Farm = "three", Forwards = new() }))).Info.Reason);
        Assert.Empty((await athena.Fleet.ListChangesAsync(new())).Changes);
    }

    [Fact]
    public async Task Changes_are_listed_and_undone()
    {
        await using var athena = await AthenaHost.WithAsync("web", "a", "b");
        await athena.Fleet.SetMemberStateAsync(new() { Server = "a", State = AdminState.Drain, Actor = "ann", Reason = "disk" });
        await athena.Fleet.SetMemberStateAsync(new() { Server = "a", State = AdminState.Off, Actor = "bob", Reason = "disk is gone" });
        await athena.Fleet.SetMemberStateAsync(new() { Farm = "web", Server = "b", State = AdminState.Off, Actor = "cleo" });
        var changes = (await athena.Fleet.ListChangesAsync(new())).Changes;
        Assert.Equal([("cleo", "web", "b"), ("bob", "", "a"), ("ann", "", "a")], changes.Select(c => (c.Actor, c.Farm, c.Server)));
        Assert.Equal((AdminState.Drain, AdminState.Off, "disk is gone"), (changes[1].Before.Admin, changes[1].After.Admin, changes[1].Reason));
        var page = await athena.Fleet.ListChangesAsync(new() { PageSize = 1, Server = "A" });
        Assert.Equal(("bob", "ann"), (Assert.Single(page.Changes).Actor, Assert.Single((await athena.Fleet.ListChangesAsync(new() { PageToken = page.NextPageToken, Server = "a" })).Changes).Actor));

        var (code, info) = await Errors.OfAsync(athena.Fleet.UndoChangeAsync(new() { Id = changes[2].Id }));
        Assert.Equal((StatusCode.FailedPrecondition, "CHANGE_SUPERSEDED", "bob", "server a"), (code, info.Reason, info.Metadata["by"], info.Metadata["subject"]));
        // Health is another matter, and does not stand in the way.
        await athena.Fleet.SetMemberStateAsync(new() { Server = "a", Health = HealthState.Down });
        var undone = await athena.PostJsonAsync($"/v1/changes/{changes[1].Id}:undo", """{"actor":"dan"}""");
        Assert.True(undone.IsSuccessStatusCode, await undone.Content.ReadAsStringAsync());
        var causes = (await athena.Fleet.GetServerAsync(new() { Server = "a" })).Server.Status.Causes;
        Assert.Equal([(CauseKind.Drain, "ann", "disk"), (CauseKind.Down, "anonymous", "")], causes.Select(c => (c.Kind, c.Actor, c.Reason)));
        var last = (await athena.Fleet.ListChangesAsync(new() { PageSize = 1 })).Changes[0];
        Assert.Equal(("dan", changes[1].Id), (last.Actor, last.Undoes));
        // An undo can be undone.
        await athena.Fleet.UndoChangeAsync(new() { Id = last.Id });
        Assert.Equal(AdminState.Off, (await athena.Fleet.GetServerAsync(new() { Server = "a" })).Server.Status.Admin);
        Assert.Equal("4711", (await Errors.OfAsync(athena.Fleet.UndoChangeAsync(new() { Id = 4711 }))).Info.Metadata["change"]);
        Assert.Equal("CHANGE_NOT_FOUND", (await Errors.OfAsync(athena.Fleet.UndoChangeAsync(new() { Id = 4711 }))).Info.Reason);
        Assert.Equal(5, (await athena.GetJsonAsync("/v1/changes?pageSize=5")).GetProperty("changes").GetArrayLength());
    }

    [Fact]
    public async Task The_engine_has_a_switch_and_its_forwards_say_so()
    {
        await using var athena = await AthenaHost.WithAsync("web", "a");
        using var watch = athena.Watch.WatchHealth(new() { Farms = { "web" } }, cancellationToken: Deadline.Token());
        Assert.True(Assert.Single((await WatchTests.NextAsync(watch)).Snapshot.Farms).Status.Serving);
        var off = await athena.Fleet.SetEngineStateAsync(new() { State = AdminState.Off, Actor = "ann" });
        var told = (await WatchTests.NextAsync(watch)).Change;
        Assert.Equal(("ann", "web", false), (told.Actor, told.Farm.Farm, told.Farm.NewStatus.Serving));
        await Deadline.UntilAsync(async () => (await athena.Health.CheckAsync(new() { Service = "farm/web" })).Status, s => s == Grpc.Health.V1.HealthCheckResponse.Types.ServingStatus.NotServing);
        Assert.Equal((AdminState.Off, "ann"), (off.State, Assert.Single(off.Causes).Actor));
        Assert.Equal("ENGINE_OFF", (await Errors.OfAsync(athena.Balancer.BalanceAsync(new() { Farm = "web" }))).Info.Reason);
        await athena.Fleet.SetForwardAsync(new() { Farm = "web", Forwards = new() { Off = Sorry } });
        Assert.Equal(ForwardReason.EngineOff, Assert.Single((await athena.Balancer.BalanceAsync(new() { Farm = "web" })).Hops).Reason);
        Assert.Equal("INVALID_FIELD", (await Errors.OfAsync(athena.Fleet.SetEngineStateAsync(new() { State = AdminState.Drain }))).Info.Reason);
        var on = await athena.PostJsonAsync("/v1/engine:setState", """{"state":"ADMIN_STATE_ON"}""");
        Assert.True(on.IsSuccessStatusCode, await on.Content.ReadAsStringAsync());
        Assert.Equal("a", (await athena.Balancer.BalanceAsync(new() { Farm = "web" })).Server);
    }

    [Fact]
    public async Task Bad_outcomes_eject_a_member_for_a_while()
    {
        await using var athena = await AthenaHost.StartAsync(new
        {
            Servers = new { a = new { Address = "http://127.0.0.1:9001" }, b = new { Address = "http://127.0.0.1:9002" } },
            Farms = new { web = new { Members = new { a = new { }, b = new { } }, Ejection = new { BaseTime = "00:00:01", ConsecutiveFailures = 3 }, SlowStart = new { Window = "00:01:00" } } },
        });
        for (var i = 0; i < 3; i++)
        {
            var decision = await athena.Balancer.BalanceAsync(new() { Farm = "web", Lease = true, Exclude = { "b" } });
            await athena.Balancer.ReportOutcomeAsync(new() { Outcome = new() { DecisionId = decision.DecisionId, Kind = OutcomeKind.ConnectFailure } });
        }
        var a = await Deadline.UntilAsync(async () => (await athena.Fleet.GetFarmAsync(new() { Farm = "web" })).Farm.Members[0], m => m.Causes.Count > 0);
        var cause = Assert.Single(a.Causes);
        Assert.Equal((CauseKind.Ejected, "web", "3 failures in a row"), (cause.Kind, cause.Farm, cause.Reason));
        Assert.NotNull(cause.UntilTime);
        a = await Deadline.UntilAsync(async () => (await athena.Fleet.GetFarmAsync(new() { Farm = "web" })).Farm.Members[0], m => m.Available);
        Assert.InRange(a.EffectiveWeight, 0.1, 0.5);
    }

    [Fact]
    public async Task Every_bad_value_of_ejection_and_slow_start_is_named_by_path()
    {
        await using var service = ChildProcess.Start("Athena.Service",
            "--Kestrel:Endpoints:Grpc:Url=http://127.0.0.1:0", "--Kestrel:Endpoints:Http:Url=http://127.0.0.1:0",
            "--Athena:Farms:w:Ejection:Enforce=101", "--Athena:Farms:w:Ejection:BaseTime=00:00:10", "--Athena:Farms:w:Ejection:LongestTime=00:00:09", "--Athena:Farms:w:Ejection:MostEjected=1.1",
            "--Athena:Farms:w:Ejection:SuccessRate:Threshold=11", "--Athena:Farms:w:Ejection:FailurePercentage:Members=0", "--Athena:Farms:w:Ejection:Intervall=1",
            "--Athena:Farms:w:SlowStart:Aggression=0", "--Athena:Farms:x:SlowStart:Window=00:00:00.5", "--Athena:Farms:x:SlowStart:Smallest=2");
        Assert.Equal(1, await service.ExitCodeAsync());
        foreach (var fault in new[]
        {
            "w:Ejection:Enforce: must be from 0 to 100", "w:Ejection:LongestTime: must be from 00:00:10", "w:Ejection:MostEjected: must be from 0 to 1", "w:Ejection:SuccessRate:Threshold: must be from 0 to 10",
            "w:Ejection:FailurePercentage:Members: must be from 1", "w:Ejection:Intervall: unknown key; did you mean 'Interval'?", "w:SlowStart:Window: is missing", "x:SlowStart:Window: must be from 00:00:01",
            "x:SlowStart:Smallest: must be from 0.01 to 1",
        })
        {
            Assert.Contains($"Athena:Farms:{fault}", service.Output, StringComparison.Ordinal);
        }
    }
}
