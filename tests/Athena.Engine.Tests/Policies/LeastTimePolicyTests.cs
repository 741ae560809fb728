using Athena.Engine.Leases;

namespace Athena.Engine.Tests.Policies;

public class LeastTimePolicyTests
{
    private static readonly BalanceQuery WithLease = new("web") { Lease = TimeSpan.FromMinutes(1) };

    [Theory]
    [InlineData("a b", 100, 99, "b")]
    [InlineData("a:2 b", 100, 51, "a")]
    [InlineData("a:2 b", 100, 49, "b")]
    public void The_least_expected_time_for_its_weight_wins(string members, int a, int b, string expected)
    {
        foreach (var pick in new[] { "", " Pick=two_choices" })
        {
            var fleet = TestFleet.Of(members, "least_time" + pick);
            Outcome(fleet, "a", a);
            Outcome(fleet, "b", b);
            Assert.Equal(Enumerable.Repeat(expected, 50), fleet.Picks(50).Split(' '));
        }
    }

    [Fact]
    public void What_is_in_flight_counts_by_its_square_while_nothing_else_is_known()
    {
        var fleet = TestFleet.Of("a b", "least_time");
        Outcome(fleet, "a", 10);
        Outcome(fleet, "b", 35);
        Assert.Equal("a b", fleet.Picks(2, WithLease)); // 10, then 10·2·2 to 35.
        Assert.Equal("a a b", fleet.Picks(3, WithLease)); // 40 to 140, 90 to 140, 160 to 140.
    }

    [Fact]
    public void A_member_without_outcome_counts_as_the_median()
    {
        var fleet = TestFleet.Of("a b c d", "least_time");
        Outcome(fleet, "a", 10);
        Outcome(fleet, "b", 20);
        Outcome(fleet, "c", 30);
        fleet.Refresher.Refresh();
        fleet.Decide(WithLease with { PinnedServer = "a" });
        Assert.Equal(["b", "d"], fleet.Count(100).Keys.Order());
    }

    [Theory]
    [InlineData("least_time")]
    [InlineData("prequal")]
    public void A_member_without_outcome_is_not_judged_by_what_others_had_in_flight_at_the_last_look(string policy)
    {
        var fleet = TestFleet.Of("a b", policy);
        Outcome(fleet, "a", 10);
        var open = fleet.Decide(WithLease with { PinnedServer = "a" });
        fleet.Refresher.Refresh();
        fleet.Leases.Close(open.Lease, OutcomeKind.Success, out _, TimeSpan.FromMilliseconds(10));
        Assert.Equal(["a", "b"], fleet.Count(100).Keys.Order());
    }

    [Fact]
    public void A_member_that_fails_fast_has_less_than_its_share()
    {
        var fleet = TestFleet.Of("a b c d", "least_time");
        var failed = 0;
        for (var i = 0; i < 4000; i++)
        {
            var decision = fleet.Decide(WithLease with { Seed = (ulong)i });
            var isA = decision.Member!.Server.Name == "a";
            failed += isA ? 1 : 0;
            fleet.Leases.Close(decision.Lease, isA ? OutcomeKind.ConnectFailure : OutcomeKind.Success, out _, TimeSpan.FromMilliseconds(isA ? 1 : 50));
            fleet.Time.Advance(TimeSpan.FromMilliseconds(10));
            fleet.Refresher.Refresh();
        }
        Assert.True(failed < 500, $"it had {failed} of 4,000, half its share would be 500");
    }

    [Fact]
    public void A_slow_member_that_is_passed_over_is_tried_again()
    {
        var fleet = TestFleet.Of("a b", "least_time Decay=00:00:01");
        Outcome(fleet, "a", 1000);
        for (var i = 0; i < 60; i++)
        {
            Outcome(fleet, "b", 10);
            fleet.Pass(TimeSpan.FromMilliseconds(100));
        }
        Assert.Equal("a", fleet.Pick());
    }

    [Fact]
    public void Proportional_shares_go_as_one_over_the_expected_time()
    {
        var fleet = TestFleet.Of("a b c", "least_time Pick=proportional");
        Outcome(fleet, "a", 10);
        Outcome(fleet, "b", 20);
        Outcome(fleet, "c", 20);
        Assert.Equal(2000, fleet.Count(4000)["a"], 4.5 * Math.Sqrt(4000 * 0.5 * 0.5));
    }

    [Fact]
    public void Without_outcomes_weights_decide() =>
        Assert.Equal(3000, TestFleet.Of("a:3 b:1", "least_time").Count(4000)["a"], 4.5 * Math.Sqrt(4000 * 0.75 * 0.25));

    private static void Outcome(TestFleet fleet, string server, int milliseconds) =>
        fleet.Leases.Close(fleet.Decide(WithLease with { PinnedServer = server }).Lease, OutcomeKind.Success, out _, TimeSpan.FromMilliseconds(milliseconds));
}
