using Athena.Engine.Policies;

namespace Athena.Engine.Tests.Policies;

public class SmoothScheduleTests
{
    [Theory] // reference/algorithms.md, section 1
    [InlineData(new[] { 5, 1, 1 }, "a a b a c a a")]
    [InlineData(new[] { 4, 2, 1 }, "a b a c a b a")]
    [InlineData(new[] { 7, 3 }, "a b a a a b a a b a")]
    [InlineData(new[] { 1, 4, 1 }, "b a b b c b")]
    public void One_cycle_is_as_in_the_reference(int[] weights, string expected)
    {
        var cycle = SmoothSchedule.Unroll(weights).Select(i => (char)('a' + i));
        Assert.Equal(expected, string.Join(' ', cycle));
    }

    [Fact]
    public void Each_member_appears_as_often_as_its_weight_says()
    {
        int[] weights = [13, 1, 0, 29, 7, 7];
        var cycle = SmoothSchedule.Unroll(weights);
        Assert.Equal(weights, Enumerable.Range(0, weights.Length).Select(i => cycle.Count(m => m == i)));
    }

    [Fact]
    public void A_single_member_is_always_it() => Assert.Equal([0, 0, 0], SmoothSchedule.Unroll([3]));
}
