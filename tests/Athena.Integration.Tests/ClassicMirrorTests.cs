using System.Net;
using Athena.Testing;
using Athena.V1;

namespace Athena.Integration.Tests;

/// <summary>What operators set at one service is taken in by another, and nothing comes back.</summary>
public sealed class ClassicMirrorTests
{
    [Fact]
    public async Task What_operators_set_is_copied_once_and_does_not_echo()
    {
        await using var first = await ClassicFixture.StartAsync();
        await using var second = await ClassicFixture.StartAsync();
        await first.Fleet.SetMemberStateAsync(new() { Server = "app01", State = AdminState.Off, Health = HealthState.Down, Actor = "ann", Reason = "disk, \"fan\" & more\\" });
        await first.Fleet.SetMemberStateAsync(new() { Server = "app02", Farm = "farm_one", State = AdminState.Drain, Actor = "ann" });
        await first.Fleet.SetForwardAsync(new() { Server = "app02", Forward = "app09", Actor = "bob" });
        await first.Fleet.SetForwardAsync(new() { Farm = "nobody", Forwards = new() { Down = "https://x/?a=1,2&b=3" } });
        await first.Fleet.SetFarmStateAsync(new() { Farm = "gone", State = AdminState.Off, Actor = "ann", Reason = "sold" });

        Assert.Equal("OK 3 changed, 3 unchanged\n", await CopyAsync(first, second, "phys"));
        Assert.Equal("OK 3 changed, 7 unchanged\n", await CopyAsync(first, second, "farm"));
        Assert.Equal(await StatesAsync(first), await StatesAsync(second));
        var copied = (await second.Fleet.GetServerAsync(new() { Server = "app01" })).Server.Status.Causes.First();
        Assert.Equal(("ann", "disk, \"fan\" & more\\"), (copied.Actor, copied.Reason));
        var original = (await first.Fleet.GetServerAsync(new() { Server = "app01" })).Server.Status.Causes.First();
        Assert.Equal(original.SinceTime, copied.SinceTime);

        var revisions = (await RevisionAsync(first), await RevisionAsync(second));
        foreach (var (from, to) in new[] { (second, first), (first, second), (second, first) })
        {
            Assert.StartsWith("OK 0 changed", await CopyAsync(from, to, "phys"));
            Assert.StartsWith("OK 0 changed", await CopyAsync(from, to, "farm"));
        }
        Assert.Equal(revisions, (await RevisionAsync(first), await RevisionAsync(second)));
    }

    [Fact]
    public async Task The_last_change_wins_whichever_way_it_is_copied()
    {
        await using var first = await ClassicFixture.StartAsync();
        await using var second = await ClassicFixture.StartAsync();
        await first.Fleet.SetMemberStateAsync(new() { Server = "app01", State = AdminState.Off, Actor = "ann" });
        await CopyAsync(first, second, "phys");
        // Switched on again at the second: nobody notes who did, and still it is later than the off of the first.
        await second.Fleet.SetMemberStateAsync(new() { Server = "app01", State = AdminState.On, Actor = "bob" });
        Assert.StartsWith("OK 0 changed", await CopyAsync(first, second, "phys"));
        Assert.Equal(AdminState.On, await AdminAsync(second));
        Assert.StartsWith("OK 1 changed", await CopyAsync(second, first, "phys"));
        Assert.Equal(AdminState.On, await AdminAsync(first));
        Assert.StartsWith("OK 0 changed", await CopyAsync(second, first, "phys"));
        Assert.StartsWith("OK 0 changed", await CopyAsync(first, second, "phys"));
    }

    [Fact]
    public async Task Statistics_and_freshness_are_not_copied()
    {
        await using var first = await ClassicFixture.StartAsync();
        await first.Stats.UpdateStatsAsync(new() { Server = "app01", Stats = { ["cpu"] = 12 } });
        Assert.Equal((200, "h=app01\n"), await ClassicFixture.GetRawAsync(first, "/ath/mirror/phys?h=app01"));
    }

    [Fact]
    public async Task A_state_that_ended_meanwhile_is_not_taken_in_and_one_from_the_future_does_not_win_for_ever()
    {
        await using var athena = await ClassicFixture.StartAsync();
        Assert.Equal("OK 0 changed, 1 unchanged\n", await ImportAsync(athena, "phys", "h=app01,s=off,s.at=2020-01-01T00:00:00.0000000Z,s.until=2020-01-02T00:00:00.0000000Z"));
        Assert.Equal("OK 1 changed, 0 unchanged\n", await ImportAsync(athena, "phys", "h=app01,s=off,s.at=2999-01-01T00:00:00.0000000Z,s.by=ann"));
        Assert.Equal(AdminState.Off, await AdminAsync(athena));
        await athena.Fleet.SetMemberStateAsync(new() { Server = "app01", State = AdminState.Drain, Actor = "bob" });
        var (_, line) = await ClassicFixture.GetRawAsync(athena, "/ath/mirror/phys?h=app01");
        Assert.DoesNotContain("2999", line, StringComparison.Ordinal);
        Assert.Contains("s.by=bob", line, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_is_not_here_is_named_and_the_rest_is_taken_in()
    {
        await using var athena = await ClassicFixture.StartAsync();
        var text = "# a remark\nh=zzzzzz,s=off,s.at=2020-01-01T00:00:00.0000000Z\n\nh=app01,s=off,s.at=2020-01-01T00:00:00.0000000Z,F=nosuch,F.at=2020-01-01T00:00:00.0000000Z\r\nh=app02,u=down,u.at=2020-01-01T00:00:00.0000000Z";
        Assert.Equal("OK 2 changed, 0 unchanged\nERROR no server 'zzzzzz'\nERROR app01: forward: no server 'nosuch'\n", await ImportAsync(athena, "phys", text));
        Assert.Equal("OK 0 changed, 0 unchanged\nERROR server 'app03' is not a member of farm 'farm_one'\nERROR no farm 'nosuch'\n", await ImportAsync(athena, "farm", "N=farm_one,h=app03\nN=nosuch"));
    }

    [Theory]
    [InlineData("phys", "h=app01,s=off", "line 2: 's.at=' is not a time")]
    [InlineData("phys", "h=app01,s=stopped,s.at=2020-01-01T00:00:00.0000000Z", "line 2: 's=stopped' is no value")]
    [InlineData("phys", "h=app01,c=12", "line 2: 'c' is not part of such a line")]
    [InlineData("phys", "N=farm_one,h=app01", "line 2: it does not name one server (h=)")]
    [InlineData("phys", "h=app01&h=app02", "line 2: it has several requests")]
    [InlineData("phys", "<html>", "line 2: '<html>' has no key")]
    [InlineData("farm", "h=app01", "line 2: it names no farm (N=)")]
    [InlineData("farm", "N=farm_one,u=down,u.at=2020-01-01T00:00:00.0000000Z", "line 2: 'u' is not part of such a line")]
    [InlineData("farm", "N=a b", "line 2: 'a b' is not a name")]
    public async Task A_line_that_is_none_refuses_all_of_them(string kind, string line, string named)
    {
        await using var athena = await ClassicFixture.StartAsync();
        var good = kind == "phys" ? "h=app01,s=off,s.at=2020-01-01T00:00:00.0000000Z" : "N=farm_one,s=off,s.at=2020-01-01T00:00:00.0000000Z";
        var response = await athena.Http.PostAsync($"/ath/mirror/{kind}", new StringContent($"{good}\n{line}\n"));
        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.StartsWith($"ERROR {named}", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Empty((await athena.Fleet.ListChangesAsync(new())).Changes);
    }

    [Fact]
    public async Task It_works_over_gRPC_too()
    {
        await using var first = await ClassicFixture.StartAsync();
        await using var second = await ClassicFixture.StartAsync();
        await first.Fleet.SetFarmStateAsync(new() { Farm = "gone", State = AdminState.Off, Actor = "ann", Reason = "sold" });
        var told = (await first.Classic.MirrorFarmAsync(new() { Raw = "gone" })).Data.ToStringUtf8();
        Assert.Equal("OK 1 changed, 0 unchanged\n", (await second.Classic.MirrorFarmAsync(new() { Import = told })).Data.ToStringUtf8());
        Assert.Equal(AdminState.Off, (await second.Fleet.GetFarmAsync(new() { Farm = "gone" })).Farm.Admin);
    }

    private static async Task<string> CopyAsync(AthenaHost from, AthenaHost to, string kind) =>
        await ImportAsync(to, kind, await from.Http.GetStringAsync($"/ath/mirror/{kind}?*"));

    private static async Task<string> ImportAsync(AthenaHost athena, string kind, string text) =>
        await (await athena.Http.PostAsync($"/ath/mirror/{kind}", new StringContent(text))).Content.ReadAsStringAsync();

    private static async Task<string> StatesAsync(AthenaHost athena) =>
        await athena.Http.GetStringAsync("/ath/status/phys?f=%h|%s|%u|%F") + await athena.Http.GetStringAsync("/ath/status/phys?farm=farm_one,f=%h|%s") + await athena.Http.GetStringAsync("/ath/status/farm?f=%h|%s|%{forward-off}|%{forward-down}");

    private static async Task<AdminState> AdminAsync(AthenaHost athena) => (await athena.Fleet.GetServerAsync(new() { Server = "app01" })).Server.Status.Admin;

    private static async Task<long> RevisionAsync(AthenaHost athena) => (await athena.Fleet.ListServersAsync(new())).Revision;
}
