using Athena.Engine.Farms;

namespace Athena.Engine.Tests.Policies;

public class RoundRobinPolicyTests
{
    [Theory] // reference/algorithms.md, section 1
    [InlineData("a:5 b:1 c:1", "a a b a c a a")]
    [InlineData("a:4 b:2 c:1", "a b a c a b a")]
    [InlineData("a:70 b:30", "a b a a a b a a b a")]
    [InlineData("a:1 b:4 c:1", "b a b b c b")]
    [InlineData("a:9 b:9 c:9", "a b c a b c a")]
    [InlineData("a", "a a a")]
    public void Decisions_follow_the_smooth_schedule(string members, string expected) =>
        Assert.Equal(expected, TestFleet.Of(members).Picks((expected.Length / 2) + 1));

    [Fact]
    public void Weights_with_a_long_cycle_are_shared_by_strides()
    {
        // 5,000 + 10,000 + 15,001 has no common divisor, its cycle is longer than what is unrolled.
        var fleet = TestFleet.Of("a:5000 b:10000 c:15001");
        var counts = fleet.Count(6000);
        // The stride is exact to one pick per generation boundary; 0.1 % is left for the rounding of weights to 16 bits.
        Assert.Equal(1000, counts["a"], 6.0);
        Assert.Equal(2000, counts["b"], 6.0);
        Assert.Equal(3000, counts["c"], 6.0);
    }

    [Fact]
    public void A_farm_with_more_members_than_are_unrolled_is_shared_by_weight()
    {
        var fleet = TestFleet.Of(string.Join(' ', Enumerable.Range(0, 300).Select(i => $"s{i}:{1 + (i % 2)}")));
        var counts = fleet.Count(4500);
        // 300 members of weight 1 and 2 in turn: 10 and 20 picks each; strides are off by at most one.
        Assert.All(Enumerable.Range(0, 300), i => Assert.Equal(10 * (1 + (i % 2)), counts[$"s{i}"], 1.0));
    }

    [Fact]
    public void What_an_excluded_member_leaves_is_shared_by_weight()
    {
        var fleet = TestFleet.Of("a:4 b:2 c:1 d:3");
        var counts = fleet.Count(6000, new BalanceQuery("web") { Exclude = ["d"] });
        // An excluded turn goes to those that come next in the cycle, not exactly by weight: within a tenth of all.
        Assert.False(counts.ContainsKey("d"));
        Assert.Equal(6000 * 4 / 7.0, counts["a"], 600.0);
        Assert.Equal(6000 * 2 / 7.0, counts["b"], 600.0);
        Assert.Equal(6000 * 1 / 7.0, counts["c"], 600.0);
    }

    [Fact]
    public void Equal_members_stay_equal_when_one_is_excluded()
    {
        var counts = TestFleet.Of("a b c d").Count(3000, new BalanceQuery("web") { Exclude = ["b"] });
        // The turn of b goes on to the next in line, and the line moves on with it.
        Assert.All(["a", "c", "d"], server => Assert.Equal(1000, counts[server], 1.0));
    }

    [Fact]
    public void Few_of_many_are_shared_alike_too()
    {
        var members = string.Join(' ', Enumerable.Range(0, 100).Select(i => $"s{i}"));
        var excluded = Enumerable.Range(0, 100).Where(i => i is not (3 or 4 or 70)).Select(i => $"s{i}").ToArray();
        var counts = TestFleet.Of(members).Count(3000, new BalanceQuery("web") { Exclude = excluded });
        // The golden-ratio sequence is spread to about one in a hundred; the four turns tried before it add up to 4 %.
        Assert.All(["s3", "s4", "s70"], server => Assert.Equal(1000, counts[server], 150.0));
    }

    [Fact]
    public void Many_threads_share_one_turn()
    {
        var fleet = TestFleet.Of("a:3 b:1");
        var counts = new int[2];
        Parallel.For(0, 4000, new ParallelOptions { MaxDegreeOfParallelism = 4 },
            _ => Interlocked.Increment(ref counts[fleet.Decide().Member!.Index]));
        Assert.Equal(4000, counts.Sum());
        // A thread that was beaten to a turn has a block of them, which it may leave begun: less than a cycle of four too few or too many for each of the four.
        Assert.Equal(3000, counts[0], 12.0);
    }

    [Fact]
    public void The_turn_goes_on_after_a_change_of_states()
    {
        var fleet = TestFleet.Of("a b c");
        Assert.Equal("a b", fleet.Picks(2));
        fleet.Set(FleetStates.Normal);
        Assert.Equal("c a", fleet.Picks(2));
    }

    [Fact]
    public void A_given_seed_leaves_the_farms_turn_alone()
    {
        var fleet = TestFleet.Of("a b c");
        Assert.Equal("c c c", fleet.Picks(3, new BalanceQuery("web") { Seed = 2 }));
        Assert.Equal("a b c", fleet.Picks(3));
    }
}
