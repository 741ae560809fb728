using Athena.Engine.Farms;
using CsCheck;

namespace Athena.Engine.Tests.Farms;

public class PickPlanTests
{
    [Theory] // reference/algorithms.md, section 17
    [InlineData(new[] { 100, 100 }, new[] { 100, 100 }, new[] { 100, 0 })]
    [InlineData(new[] { 100, 100 }, new[] { 72, 100 }, new[] { 100, 0 })]
    [InlineData(new[] { 100, 100 }, new[] { 71, 100 }, new[] { 99, 1 })]
    [InlineData(new[] { 100, 100 }, new[] { 50, 100 }, new[] { 70, 30 })]
    [InlineData(new[] { 100, 100 }, new[] { 25, 25 }, new[] { 50, 50 })]
    [InlineData(new[] { 100, 100, 100 }, new[] { 25, 25, 20 }, new[] { 36, 36, 28 })]
    [InlineData(new[] { 100, 100, 100 }, new[] { 25, 25, 100 }, new[] { 35, 35, 30 })]
    public void Shares_are_as_in_the_reference(int[] sizes, int[] pickable, int[] expected) =>
        Assert.Equal(expected, PickPlan.TierShares(sizes, pickable));

    [Theory]
    [InlineData(new[] { 3 }, new[] { 1 }, new[] { 100 })]
    [InlineData(new[] { 3, 3 }, new[] { 0, 1 }, new[] { 0, 100 })]
    [InlineData(new[] { 3, 3 }, new[] { 0, 0 }, new[] { 0, 0 })]
    [InlineData(new[] { 21, 21, 21 }, new[] { 3, 3, 3 }, new[] { 34, 33, 33 })] // What rounding leaves over is the first one's.
    [InlineData(new[] { 2, 2 }, new[] { 1, 2 }, new[] { 70, 30 })]
    [InlineData(new[] { 200, 200 }, new[] { 1, 1 }, new[] { 100, 0 })] // Both have no health to speak of: the first serves.
    [InlineData(new[] { 200, 200 }, new[] { 0, 1 }, new[] { 0, 100 })]
    public void Shares_of_small_farms_and_of_nearly_dead_ones(int[] sizes, int[] pickable, int[] expected) =>
        Assert.Equal(expected, PickPlan.TierShares(sizes, pickable));

    [Fact]
    public void Shares_sum_to_a_hundred_and_only_tiers_that_can_serve_have_one() =>
        Gen.Select(Gen.Int[1, 300], Gen.Int[0, 300]).Array[1, 6].Sample(tiers =>
        {
            var pickable = Array.ConvertAll(tiers, t => Math.Min(t.Item1, t.Item2));
            var shares = PickPlan.TierShares(Array.ConvertAll(tiers, t => t.Item1), pickable);
            Assert.Equal(pickable.Any(p => p > 0) ? 100 : 0, shares.Sum());
            Assert.All(shares.Zip(pickable), s => Assert.True(s.First >= 0 && (s.First == 0 || s.Second > 0)));
        });

    [Theory]
    [InlineData("", 100, 0, 0)]
    [InlineData("a0", 100, 0, 0)] // 75 % is 105 % with the factor.
    [InlineData("a0 a1", 70, 30, 0)]
    [InlineData("a0 a1 a2", 35, 65, 0)]
    [InlineData("a0 a1 a2 a3", 0, 100, 0)]
    [InlineData("a0 a1 a2 b0 b1 b2", 35, 35, 30)]
    [InlineData("a0 a1 a2 b0 b1 b2 c0 c1 c2", 35, 35, 30)]
    public void Decisions_spill_to_the_next_tier_as_members_are_lost(string down, int first, int second, int third)
    {
        var states = down.Length == 0 ? FleetStates.Normal : TestStates.ServerDown(down);
        var fleet = TestFleet.Of("a0 a1 a2 a3 b0:1/1 b1:1/1 b2:1/1 b3:1/1 c0:1/7 c1:1/7 c2:1/7 c3:1/7", "random", states);
        const int Decisions = 10_000;
        var counts = Enumerable.Range(0, Decisions).Select(i => fleet.Decide(new BalanceQuery("web") { Seed = (ulong)i }).Member!)
            .CountBy(m => m.Definition.Tier).ToDictionary();
        foreach (var (tier, percent) in new[] { (0, first), (1, second), (7, third) })
        {
            // 4.5 standard deviations of a binomial count; none where the share is 0 or 100 %.
            var share = percent / 100.0;
            Assert.Equal(Decisions * share, counts.GetValueOrDefault(tier), 4.5 * Math.Sqrt(Decisions * share * (1 - share)));
        }
    }

    [Fact]
    public void Members_without_weight_neither_shrink_nor_grow_a_tier()
    {
        // One of three is down: 93 % of health, were the two without weight not left out it would be 56 %.
        var fleet = TestFleet.Of("a b c d:0 e:0 z:1/1", states: TestStates.ServerDown("a"));
        Assert.Equal([0.93, 1], fleet.Web.Groups.Select(g => g.CumulativeShare));
        // Nor do they keep a farm out of panic, or bring it there.
        var farm = TestFleet.FarmOf("a b:0 c:0") with { PanicThreshold = 0.5 };
        Assert.True(TestFleet.Of(farm, TestStates.ServerDown("a")).Web.IsPanicking);
        Assert.False(TestFleet.Of(farm, TestStates.ServerDown("b c")).Web.IsPanicking);
        Assert.Equal(1, TestFleet.Of(farm).Web.AvailableCount);
    }

    [Fact]
    public void A_tier_whose_members_are_all_excluded_gives_way_to_the_next()
    {
        var fleet = TestFleet.Of("a b c:1/1 d:1/2");
        Assert.Equal("c", fleet.Pick(new BalanceQuery("web") { Exclude = ["a", "b"] }));
        Assert.Equal("d", fleet.Pick(new BalanceQuery("web") { Exclude = ["a", "b", "c"] }));
        Assert.Equal(["a", "b"], fleet.Count(10, new BalanceQuery("web") { Exclude = ["c", "d"] }).Keys.Order());
    }

    [Fact]
    public void Tiers_may_be_declared_in_any_order()
    {
        var fleet = TestFleet.Of("z:1/5 y:1/2 x:1/0");
        Assert.Equal("x x", fleet.Picks(2));
        fleet.Set(TestStates.ServerDown("x"));
        Assert.Equal("y y", fleet.Picks(2));
    }
}
