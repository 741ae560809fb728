using Athena.Engine.Leases;

namespace Athena.Engine.Tests.Policies;

public class PrequalPolicyTests
{
    private static readonly BalanceQuery WithLease = new("web") { Lease = TimeSpan.FromMinutes(1) };

    [Theory]
    [InlineData("0.5", "c")] // Of those with up to 2 in flight, a and c.
    [InlineData("1", "d")] // Latency alone.
    [InlineData("0", "a")] // In flight alone.
    [InlineData("0.75", "b")]
    public void The_fastest_of_the_cold_wins(string quantile, string expected)
    {
        var fleet = TestFleet.Of("a b c d", $"prequal Quantile={quantile}");
        Outcome(fleet, "a", 40);
        Outcome(fleet, "b", 10);
        Outcome(fleet, "c", 20);
        Outcome(fleet, "d", 5);
        foreach (var (server, inFlight) in new[] { ("a", 1), ("b", 3), ("c", 2), ("d", 4) })
        {
            fleet.Count(inFlight, WithLease with { PinnedServer = server });
        }
        Assert.All(Enumerable.Range(0, 50), i => Assert.Equal(expected, fleet.Pick(new BalanceQuery("web") { Seed = (ulong)i })));
    }

    [Fact] // The latency is that of the present number in flight, as the paper's: who is sent more is expected to take longer before it is seen to.
    public void The_fastest_do_not_get_everything_until_their_outcomes_come()
    {
        var fleet = TestFleet.Of("a b c d e f g h i j", "prequal Quantile=0.8");
        foreach (var (i, server) in "a b c d e f g h i j".Split(' ').Index())
        {
            Outcome(fleet, server, 10 + i);
        }
        var counts = fleet.Count(500, WithLease);
        Assert.Equal(10, counts.Count);
        Assert.True(counts["a"] > counts["j"], $"{counts["a"]} to {counts["j"]}");
        Assert.True(counts.Values.Max() < 100, $"{counts.Values.Max()} of 500, twice the share");
    }

    [Fact]
    public void A_sinkhole_that_fails_at_once_attracts_nobody()
    {
        var fleet = TestFleet.Of("a b c d", "prequal");
        var failures = 0;
        for (var i = 0; i < 2000; i++)
        {
            var decision = fleet.Decide(WithLease);
            var isA = decision.Member!.Server.Name == "a";
            failures += isA ? 1 : 0;
            fleet.Leases.Close(decision.Lease, isA ? OutcomeKind.ServerError : OutcomeKind.Success, out _, TimeSpan.FromMilliseconds(isA ? 1 : 50));
            fleet.Time.Advance(TimeSpan.FromMilliseconds(10));
            fleet.Refresher.Refresh();
        }
        Assert.True(failures < 250, $"{failures} of 2,000; half its share would be 250");
    }

    [Fact]
    public void Of_a_large_farm_a_pool_is_compared_and_the_slow_get_little()
    {
        var fleet = TestFleet.Of(string.Join(' ', Enumerable.Range(0, 160).Select(i => $"s{i}")), "prequal");
        for (var i = 0; i < 160; i++)
        {
            // One of ten is fast; a pool of 16 has one of those with a probability of 1 - 0.9^16 = 0.81.
            Outcome(fleet, $"s{i}", i % 10 == 0 ? 10 : 100);
        }
        fleet.Refresher.Refresh();
        var fast = fleet.Count(4000).Where(c => int.Parse(c.Key[1..], System.Globalization.CultureInfo.InvariantCulture) % 10 == 0).Sum(c => c.Value);
        Assert.InRange(fast / 4000.0, 0.76, 0.89);
    }

    [Fact]
    public void Without_outcomes_and_leases_weights_decide() =>
        Assert.Equal(3000, TestFleet.Of("a:3 b:1", "prequal").Count(4000)["a"], 4.5 * Math.Sqrt(4000 * 0.75 * 0.25));

    private static void Outcome(TestFleet fleet, string server, int milliseconds) =>
        fleet.Leases.Close(fleet.Decide(WithLease with { PinnedServer = server }).Lease, OutcomeKind.Success, out _, TimeSpan.FromMilliseconds(milliseconds));
}
