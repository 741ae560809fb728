using Athena.Testing;
using Athena.V1;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;

namespace Athena.Integration.Tests;

public sealed class MemberStateTests
{
    [Fact]
    public async Task A_farm_with_every_member_off_is_unavailable()
    {
        await using var athena = await AthenaHost.WithAsync("web", "a");
        await athena.Fleet.SetMemberStateAsync(new() { Farm = "web", Server = "a", State = AdminState.Off });
        var (code, info) = await Errors.OfAsync(athena.Balancer.BalanceAsync(new() { Farm = "web" }));
        Assert.Equal((StatusCode.Unavailable, "NO_AVAILABLE_MEMBER", "1"), (code, info.Reason, info.Metadata["off"]));
    }

    [Fact]
    public async Task A_change_holds_for_the_next_decision_and_says_who_and_why()
    {
        await using var athena = await AthenaHost.WithAsync("web", "a", "b");
        var before = (await athena.Fleet.GetServerAsync(new() { Server = "a" })).Revision;
        var off = await athena.Fleet.SetMemberStateAsync(new() { Server = "a", State = AdminState.Off, Actor = "ann", Reason = "disk" });
        Assert.Equal(before + 1, off.Revision);
        Assert.False(off.Status.Available);
        for (var i = 0; i < 10; i++)
        {
            Assert.Equal("b", (await athena.Balancer.BalanceAsync(new() { Farm = "web" })).Server);
        }
        var cause = Assert.Single((await athena.Fleet.GetServerAsync(new() { Server = "A" })).Server.Status.Causes);
        Assert.Equal((CauseKind.Off, "ann", "disk", ""), (cause.Kind, cause.Actor, cause.Reason, cause.Farm));
        Assert.NotNull(cause.SinceTime);

        var on = await athena.PostJsonAsync("/v1/servers/a:setState", """{"state":"ADMIN_STATE_ON"}""");
        Assert.True(on.IsSuccessStatusCode, await on.Content.ReadAsStringAsync());
        var seen = new HashSet<string>();
        for (var i = 0; i < 4; i++)
        {
            seen.Add((await athena.Balancer.BalanceAsync(new() { Farm = "web" })).Server);
        }
        Assert.Equal(["a", "b"], seen.Order());
    }

    [Fact]
    public async Task The_three_pairs_are_independent_and_all_causes_are_told()
    {
        await using var athena = await AthenaHost.WithAsync("web", "a");
        await athena.Fleet.SetMemberStateAsync(new() { Server = "a", State = AdminState.Drain, Health = HealthState.Down });
        await athena.Fleet.SetMemberStateAsync(new() { Farm = "web", Server = "a", State = AdminState.Off });
        var member = Assert.Single((await athena.Fleet.GetFarmAsync(new() { Farm = "web" })).Farm.Members);
        Assert.Equal([CauseKind.Drain, CauseKind.Down, CauseKind.Off], member.Causes.Select(c => c.Kind));
        Assert.Equal("web", member.Causes[2].Farm);
        await athena.Fleet.SetMemberStateAsync(new() { Server = "a", State = AdminState.On });
        await athena.Fleet.SetMemberStateAsync(new() { Farm = "web", Server = "a", State = AdminState.On });
        member = Assert.Single((await athena.Fleet.GetFarmAsync(new() { Farm = "web" })).Farm.Members);
        Assert.Equal([CauseKind.Down], member.Causes.Select(c => c.Kind));
    }

    [Fact]
    public async Task A_drained_server_serves_pinned_sessions_only()
    {
        await using var athena = await AthenaHost.WithAsync("web", "a", "b");
        await athena.Fleet.SetMemberStateAsync(new() { Server = "a", State = AdminState.Drain });
        for (var i = 0; i < 6; i++)
        {
            Assert.Equal("b", (await athena.Balancer.BalanceAsync(new() { Farm = "web" })).Server);
            var pinned = await athena.Balancer.BalanceAsync(new() { Farm = "web", PinnedServer = "a" });
            Assert.Equal(("a", true), (pinned.Server, pinned.Pinned));
        }
    }

    [Fact]
    public async Task A_state_set_until_a_time_ends_by_itself()
    {
        await using var athena = await AthenaHost.WithAsync("web", "a");
        using var watch = athena.Watch.WatchHealth(new() { Servers = { "a" } }, cancellationToken: Deadline.Token());
        await WatchTests.NextAsync(watch);
        var until = DateTimeOffset.UtcNow.AddSeconds(1.5);
        await athena.Fleet.SetMemberStateAsync(new() { Server = "a", State = AdminState.Off, UntilTime = Timestamp.FromDateTimeOffset(until) });
        var changes = new List<HealthChange>();
        while (changes.Count < 2 && await watch.ResponseStream.MoveNext(Deadline.Token()))
        {
            if (watch.ResponseStream.Current.Change is { } change)
            {
                changes.Add(change);
            }
        }
        Assert.Equal([AdminState.Off, AdminState.On], changes.Select(c => c.Server.NewStatus.Admin));
        Assert.Equal("athena", changes[1].Actor);
        Assert.True(changes[1].ChangeTime.ToDateTimeOffset() >= until.AddMilliseconds(-50));
    }

    [Fact]
    public async Task A_stale_expected_revision_is_refused_and_validate_only_changes_nothing()
    {
        await using var athena = await AthenaHost.WithAsync("web", "a");
        var revision = (await athena.Fleet.GetServerAsync(new() { Server = "a" })).Revision;
        var dry = await athena.Fleet.SetMemberStateAsync(new() { Server = "a", State = AdminState.Off, ValidateOnly = true });
        Assert.Equal(AdminState.Off, dry.Status.Admin);
        Assert.True((await athena.Fleet.GetServerAsync(new() { Server = "a" })).Server.Status.Available);
        var (code, info) = await Errors.OfAsync(athena.Fleet.SetMemberStateAsync(new() { Server = "a", State = AdminState.Off, ExpectedRevision = revision - 1 }));
        Assert.Equal((StatusCode.Aborted, "REVISION_MISMATCH", revision.ToString(System.Globalization.CultureInfo.InvariantCulture)), (code, info.Reason, info.Metadata["revision"]));
        await athena.Fleet.SetMemberStateAsync(new() { Server = "a", State = AdminState.Off, ExpectedRevision = revision });
        Assert.Equal(revision + 1, (await athena.Fleet.GetServerAsync(new() { Server = "a" })).Revision);
    }

    [Fact]
    public async Task The_same_change_again_changes_nothing()
    {
        await using var athena = await AthenaHost.WithAsync("web", "a");
        var request = new SetMemberStateRequest { Server = "a", State = AdminState.Off, Actor = "ann", Reason = "disk" };
        Assert.Equal((await athena.Fleet.SetMemberStateAsync(request)).Revision, (await athena.Fleet.SetMemberStateAsync(request)).Revision);
    }

    [Theory]
    [InlineData("""{}""", "INVALID_FIELD")]
    [InlineData("""{"state":"ADMIN_STATE_OFF","untilTime":"2001-01-01T00:00:00Z"}""", "INVALID_FIELD")]
    [InlineData("""{"state":77}""", "INVALID_FIELD")]
    [InlineData("""{"state":"OFF"}""", "MALFORMED_REQUEST")]
    public async Task A_change_that_is_none_is_refused(string json, string reason)
    {
        await using var athena = await AthenaHost.WithAsync("web", "a");
        Assert.Equal(reason, await Errors.ReasonAsync(await athena.PostJsonAsync("/v1/servers/a:setState", json)));
    }

    [Fact]
    public async Task Health_is_not_set_for_one_farm_and_strangers_are_named()
    {
        await using var athena = await AthenaHost.WithAsync("web", "a");
        Assert.Equal("INVALID_FIELD", (await Errors.OfAsync(athena.Fleet.SetMemberStateAsync(new() { Farm = "web", Server = "a", Health = HealthState.Down }))).Info.Reason);
        Assert.Equal("SERVER_NOT_FOUND", (await Errors.OfAsync(athena.Fleet.SetMemberStateAsync(new() { Server = "b", State = AdminState.Off }))).Info.Reason);
        Assert.Equal("FARM_NOT_FOUND", (await Errors.OfAsync(athena.Fleet.SetMemberStateAsync(new() { Farm = "wib", Server = "a", State = AdminState.Off }))).Info.Reason);
        Assert.Equal("INVALID_FIELD", (await Errors.OfAsync(athena.Fleet.SetFarmStateAsync(new() { Farm = "web", State = AdminState.Drain }))).Info.Reason);
    }

    [Fact]
    public async Task A_farm_that_is_off_says_so()
    {
        await using var athena = await AthenaHost.WithAsync("web", "a");
        await athena.Fleet.SetFarmStateAsync(new() { Farm = "web", State = AdminState.Off });
        Assert.Equal("FARM_OFF", (await Errors.OfAsync(athena.Balancer.BalanceAsync(new() { Farm = "web" }))).Info.Reason);
        await athena.Fleet.SetFarmStateAsync(new() { Farm = "web", State = AdminState.On });
        Assert.Equal("a", (await athena.Balancer.BalanceAsync(new() { Farm = "web" })).Server);
    }
}
