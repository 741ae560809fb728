using Athena.Engine.Leases;

namespace Athena.Engine.Tests.Policies;

public class PeakEwmaPolicyTests
{
    private static readonly BalanceQuery WithLease = new("web") { Lease = TimeSpan.FromMinutes(1) };

    [Theory]
    [InlineData("a b", 100, 99, "b")]
    [InlineData("a:2 b", 100, 51, "a")]
    [InlineData("a:2 b", 100, 49, "b")]
    public void The_least_latency_for_its_weight_wins(string members, int a, int b, string expected)
    {
        foreach (var pick in new[] { "best", "two_choices" })
        {
            var fleet = TestFleet.Of(members, $"peak_ewma Pick={pick}");
            Outcome(fleet, "a", a);
            Outcome(fleet, "b", b);
            Assert.Equal(Enumerable.Repeat(expected, 50), fleet.Picks(50).Split(' '));
        }
    }

    [Fact]
    public void What_is_in_flight_multiplies()
    {
        var fleet = TestFleet.Of("a b", "peak_ewma");
        Outcome(fleet, "a", 10);
        Outcome(fleet, "b", 35);
        Assert.Equal("a a a b", fleet.Picks(4, WithLease)); // 10, 20, 30, 40 to 35.
    }

    [Fact]
    public void A_member_without_outcome_counts_as_the_median()
    {
        var fleet = TestFleet.Of("a b c d", "peak_ewma Pick=best");
        Outcome(fleet, "a", 10);
        Outcome(fleet, "b", 20);
        Outcome(fleet, "c", 30);
        fleet.Decide(WithLease with { PinnedServer = "a" });
        fleet.Decide(WithLease with { PinnedServer = "a" });
        Assert.Equal(["b", "d"], fleet.Count(100).Keys.Order());
    }

    [Fact]
    public void Latency_is_measured_from_the_lease_or_taken_as_reported()
    {
        var fleet = TestFleet.Of("a b", "peak_ewma");
        var lease = fleet.Decide(WithLease with { PinnedServer = "a" }).Lease;
        fleet.Time.Advance(TimeSpan.FromMilliseconds(70));
        fleet.Leases.Close(lease, OutcomeKind.Success, out _);
        Outcome(fleet, "b", 69);
        Assert.Equal("b", fleet.Pick());
        Assert.Equal(70, fleet.Member("a").Server.Cells.Latency.GetOrAdd(TimeSpan.FromSeconds(10)).Cost, 1e-6);
    }

    [Fact]
    public void A_member_that_fails_fast_has_less_than_its_share()
    {
        var fleet = TestFleet.Of("a b c d", "peak_ewma");
        var counts = new Dictionary<string, int>();
        for (var i = 0; i < 4000; i++)
        {
            var decision = fleet.Decide(WithLease with { Seed = (ulong)i });
            var name = decision.Member!.Server.Name;
            counts[name] = counts.GetValueOrDefault(name) + 1;
            fleet.Leases.Close(decision.Lease, name == "a" ? OutcomeKind.ConnectFailure : OutcomeKind.Success, out _,
                TimeSpan.FromMilliseconds(name == "a" ? 1 : 50));
            fleet.Time.Advance(TimeSpan.FromMilliseconds(10));
            if (i % 10 == 0)
            {
                fleet.Refresher.Refresh();
            }
        }
        Assert.True(counts["a"] < 500, $"it had {counts["a"]} of 4,000, half its share would be 500");
    }

    [Fact]
    public void A_slow_member_that_is_passed_over_is_tried_again()
    {
        var fleet = TestFleet.Of("a b", "peak_ewma Pick=best Decay=00:00:01");
        Outcome(fleet, "a", 1000);
        Outcome(fleet, "b", 10);
        for (var i = 0; i < 60; i++)
        {
            Outcome(fleet, "b", 10);
            fleet.Pass(TimeSpan.FromMilliseconds(100));
        }
        Assert.Equal("a", fleet.Pick());
    }

    [Fact]
    public void Proportional_shares_go_as_one_over_latency()
    {
        var fleet = TestFleet.Of("a b c", "peak_ewma Pick=proportional");
        Outcome(fleet, "a", 10);
        Outcome(fleet, "b", 20);
        Outcome(fleet, "c", 20);
        Assert.Equal(2000, fleet.Count(4000)["a"], 4.5 * Math.Sqrt(4000 * 0.5 * 0.5));
    }

    [Fact]
    public void Without_outcomes_weights_decide() =>
        Assert.Equal(3000, TestFleet.Of("a:3 b:1", "peak_ewma Beta=0").Count(4000)["a"], 4.5 * Math.Sqrt(4000 * 0.75 * 0.25));

    private static void Outcome(TestFleet fleet, string server, int milliseconds) =>
        fleet.Leases.Close(fleet.Decide(WithLease with { PinnedServer = server }).Lease, OutcomeKind.Success, out _, TimeSpan.FromMilliseconds(milliseconds));
}
