using Athena.Engine.Farms;

namespace Athena.Engine.Tests.Farms;

/// <summary>A server's forward: another server that stands in for it.</summary>
public class StandInTests
{
    [Fact]
    public void The_forward_stands_in_while_the_server_is_unavailable()
    {
        var fleet = Fleet("a b", "a>x");
        Assert.Equal("a b a b", fleet.Picks(4));
        fleet.Set(TestStates.ServerDown("a"));
        Assert.Equal("x b x b", fleet.Picks(4));
        Assert.True(fleet.Member("a").IsStandIn);
        Assert.Equal("a", fleet.Member("a").Declared.Name);
        fleet.Set(FleetStates.Normal);
        Assert.Equal("a b a b", fleet.Picks(4));
    }

    [Fact]
    public void It_has_the_weight_of_the_one_it_stands_in_for()
    {
        var fleet = Fleet("a:5 b:1 c:1", "a>x");
        fleet.Set(TestStates.ServerOff("a"));
        Assert.Equal("x x b x c x x", fleet.Picks(7));
    }

    [Fact]
    public void Forwards_are_followed_to_the_first_available()
    {
        var fleet = Fleet("a b", "a>x x>y y>z");
        fleet.Set(TestStates.ServerDown("a x"));
        Assert.Equal("y b", fleet.Picks(2));
        fleet.Set(TestStates.ServerDown("a x y"));
        Assert.Equal("z b", fleet.Picks(2));
        fleet.Set(TestStates.ServerDown("a x y z"));
        Assert.Equal("b b", fleet.Picks(2));
    }

    [Fact]
    public void A_member_that_is_off_in_the_farm_has_a_stand_in_too()
    {
        var fleet = Fleet("a b", "a>x");
        fleet.Set(FleetStates.Normal.Member("a", TestStates.Off));
        Assert.Equal("x b", fleet.Picks(2));
    }

    [Fact]
    public void A_server_that_is_off_in_the_farm_stands_in_for_nobody_there()
    {
        var fleet = Fleet("a b c", "a>b");
        fleet.Set(TestStates.ServerDown("a").Member("b", TestStates.Off));
        Assert.Equal("c c c", fleet.Picks(3));
        fleet.Set(TestStates.ServerDown("a").Member("b", TestStates.Drain));
        Assert.Equal("c c c", fleet.Picks(3));
    }

    [Fact]
    public void A_drained_server_with_a_stand_in_keeps_its_pinned_sessions()
    {
        var fleet = Fleet("a b", "a>x");
        fleet.Set(TestStates.ServerDrain("a"));
        Assert.Equal("x b", fleet.Picks(2));
        var pinned = fleet.Decide(new BalanceQuery("web") { PinnedServer = "a" });
        Assert.Equal("a", pinned.Member!.Server.Name);
        Assert.False(pinned.Member.IsStandIn);
        Assert.True(pinned.Pinned);
    }

    [Fact]
    public void A_pinned_session_of_a_server_that_is_down_is_picked_anew()
    {
        var fleet = Fleet("a b", "a>x");
        fleet.Set(TestStates.ServerDown("a"));
        Assert.False(fleet.Decide(new BalanceQuery("web") { PinnedServer = "a" }).Pinned);
    }

    [Fact]
    public void The_limit_and_the_exclusion_are_those_of_the_stand_in()
    {
        var fleet = Fleet("a b", "a>x", limited: "x");
        fleet.Set(TestStates.ServerDown("a"));
        var query = new BalanceQuery("web") { Lease = TimeSpan.FromMinutes(1) };
        Assert.Equal("x b b b", fleet.Picks(4, query));
        Assert.Equal("b b", fleet.Picks(2, new BalanceQuery("web") { Exclude = ["X"] }));
    }

    /// <summary>A farm "web" of these members and servers with these forwards, as in "a>x x>y".</summary>
    private static TestFleet Fleet(string members, string forwards, string? limited = null)
    {
        var farm = TestFleet.FarmOf(members);
        var next = forwards.Split(' ').Select(f => f.Split('>')).ToDictionary(f => f[0], f => f[1]);
        var names = farm.Members.Select(m => m.Server).Concat(next.Values).Distinct();
        return TestFleet.Of(new FleetDefinition(
            [.. names.Select(n => TestFleet.Server(n) with { Forward = next.GetValueOrDefault(n), MaxInFlight = n == limited ? 1 : 0 })], [farm]));
    }
}
