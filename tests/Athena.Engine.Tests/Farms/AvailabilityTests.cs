using Athena.Engine.Farms;

namespace Athena.Engine.Tests.Farms;

public class AvailabilityTests
{
    public static TheoryData<string, CauseKind> Unavailable => new()
    {
        { "off", CauseKind.Off }, { "drain", CauseKind.Drain }, { "down", CauseKind.Down }, { "out", CauseKind.Out },
        { "check", CauseKind.CheckFailed }, { "ejected", CauseKind.Ejected },
        { "member off", CauseKind.Off }, { "member drain", CauseKind.Drain },
    };

    [Theory]
    [MemberData(nameof(Unavailable))]
    public void An_unavailable_member_is_not_picked_and_says_why(string state, CauseKind cause)
    {
        var fleet = TestFleet.Of("a b c", states: StatesOf("b", state));
        Assert.Equal("a c a c", fleet.Picks(4));
        Assert.Equal([cause], fleet.Member("b").Causes().Select(c => c.Kind));
        Assert.Equal(2, fleet.Web.AvailableCount);
    }

    [Theory]
    [MemberData(nameof(Unavailable))]
    public void A_farm_of_unavailable_members_has_nobody(string state, CauseKind cause)
    {
        var fleet = TestFleet.Of("a", states: StatesOf("a", state));
        Assert.Equal(DecisionKind.NoAvailableMember, fleet.Decide().Kind);
        Assert.False(fleet.Web.IsServing);
        Assert.Contains(fleet.Member("a").Causes(), c => c.Kind == cause);
    }

    [Theory]
    [InlineData(AdminState.On, AdminState.On, AdminState.On)]
    [InlineData(AdminState.On, AdminState.Drain, AdminState.Drain)]
    [InlineData(AdminState.Drain, AdminState.On, AdminState.Drain)]
    [InlineData(AdminState.Drain, AdminState.Off, AdminState.Off)]
    [InlineData(AdminState.Off, AdminState.Drain, AdminState.Off)]
    [InlineData(AdminState.Off, AdminState.On, AdminState.Off)]
    public void The_stricter_of_server_and_member_holds(AdminState server, AdminState member, AdminState effective)
    {
        var states = TestStates.With("a", new ServerState { Admin = new AdminSetting(server) }).Member("a", new AdminSetting(member));
        var fleet = TestFleet.Of("a", states: states);
        Assert.Equal(effective, fleet.Member("a").EffectiveAdmin);
        Assert.Equal(effective == AdminState.On, fleet.Member("a").IsAvailable);
        Assert.Equal(effective != AdminState.Off ? "a" : null, fleet.Pick(new BalanceQuery("web") { PinnedServer = "a" }));
    }

    [Fact]
    public void A_member_state_holds_in_its_farm_alone()
    {
        var other = TestFleet.FarmOf("a b") with { Name = "other" };
        var fleet = TestFleet.Of(TestFleet.Fleet(TestFleet.FarmOf("a b"), other), FleetStates.Normal.Member("a", TestStates.Off));
        Assert.Equal("b b", fleet.Picks(2));
        Assert.Equal("a b", fleet.Picks(2, new BalanceQuery("other")));
    }

    [Fact]
    public void Causes_are_a_set()
    {
        var farm = TestFleet.FarmOf("a:0");
        var fleet = TestFleet.Of(
            TestFleet.Fleet(farm) with { Servers = [TestFleet.Server("a") with { MaxInFlight = 1 }] },
            TestStates.With("a", new ServerState { Admin = TestStates.Off, Health = HealthState.Down, Freshness = FreshnessState.Out })
                .Member("a", TestStates.Drain));
        fleet.Member("a").Server.Cells.Enter();
        Assert.Equal(
            [CauseKind.Off, CauseKind.Down, CauseKind.Out, CauseKind.Drain, CauseKind.WeightZero, CauseKind.Full],
            fleet.Member("a").Causes().Select(c => c.Kind));
        Assert.Equal("web", fleet.Member("a").Causes().Single(c => c.Kind == CauseKind.Drain).Farm);
    }

    [Fact]
    public void Weight_zero_is_for_pinned_sessions_alone()
    {
        var fleet = TestFleet.Of("a b:0");
        Assert.Equal("a a a", fleet.Picks(3));
        Assert.Equal("b", fleet.Pick(new BalanceQuery("web") { PinnedServer = "b" }));
    }

    [Fact]
    public void Panic_ignores_health_and_freshness_but_never_what_the_operator_said()
    {
        var farm = TestFleet.FarmOf("a b c d e f") with { PanicThreshold = 0.5 };
        var states = TestStates.ServerDown("a b").And(TestStates.ServerOut("c")).And(TestStates.ServerOff("d")).And(TestStates.ServerDrain("e"));
        var fleet = TestFleet.Of(farm, states);
        // Of the four that the operator lets serve one is available.
        Assert.True(fleet.Web.IsPanicking);
        Assert.Equal("a b c f a b c f", fleet.Picks(8));
        fleet.Set(states.Member("a", TestStates.Off));
        Assert.Equal(["b", "c", "f"], fleet.Count(30).Keys.Order());
    }

    [Theory]
    [InlineData(0, "a b c", false)]
    [InlineData(0.5, "a b", false)] // Half of four is not fewer than half.
    [InlineData(0.5, "a b c", true)]
    [InlineData(1, "a", true)]
    [InlineData(1, "", false)]
    [InlineData(0.01, "a b c d", true)]
    public void Panic_begins_below_the_threshold(double threshold, string down, bool panics)
    {
        var states = down.Length == 0 ? FleetStates.Normal : TestStates.ServerDown(down);
        var fleet = TestFleet.Of(TestFleet.FarmOf("a b c d") with { PanicThreshold = threshold }, states);
        Assert.Equal(panics, fleet.Web.IsPanicking);
        Assert.Equal(panics ? 4 : 4 - states.Servers.Count, fleet.Count(100).Count);
    }

    [Fact]
    public void A_farm_that_is_all_off_does_not_panic()
    {
        var fleet = TestFleet.Of(TestFleet.FarmOf("a b") with { PanicThreshold = 1 }, TestStates.ServerOff("a b"));
        Assert.False(fleet.Web.IsPanicking);
        Assert.Equal(DecisionKind.NoAvailableMember, fleet.Decide().Kind);
    }

    private static FleetStates StatesOf(string server, string state) => state switch
    {
        "off" => TestStates.ServerOff(server),
        "drain" => TestStates.ServerDrain(server),
        "down" => TestStates.ServerDown(server),
        "out" => TestStates.ServerOut(server),
        "check" => TestStates.With(server, new ServerState { Check = CheckState.Failed }),
        "ejected" => FleetStates.Normal.WithEjection(new MemberKey("web", server), new StateNote("athena", "", default)),
        "member off" => FleetStates.Normal.Member(server, TestStates.Off),
        _ => FleetStates.Normal.Member(server, TestStates.Drain),
    };
}
