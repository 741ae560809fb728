using Athena.Engine.Policies;
using CsCheck;

namespace Athena.Engine.Tests.Policies;

public class AliasTableTests
{
    [Theory]
    [InlineData(new[] { 1.0, 2, 3 })]
    [InlineData(new[] { 5.0, 1, 1 })]
    [InlineData(new[] { 1000.0, 1, 1, 1 })]
    [InlineData(new[] { 4294967295.0, 4294967295, 1 })]
    [InlineData(new[] { 7.0 })]
    public void Shares_follow_weights(double[] weights)
    {
        const int Draws = 60_000;
        var counts = CountsOf(weights, Draws);
        for (var i = 0; i < weights.Length; i++)
        {
            var share = weights[i] / weights.Sum();
            // 4.5 standard deviations of a binomial count, and one for the smallest shares.
            Assert.Equal(Draws * share, counts[i], (4.5 * Math.Sqrt(Draws * share * (1 - share))) + 1);
        }
    }

    [Fact]
    public void Shares_over_all_columns_are_exact()
    {
        // One draw for each of 1,000 evenly spread low halves in each column: what is chosen is the area of the columns.
        double[] weights = [3, 1, 4, 1, 5, 9, 2, 6];
        var table = new AliasTable(weights);
        var counts = new int[weights.Length];
        for (var column = 0UL; column < 8; column++)
        {
            for (var k = 0UL; k < 1000; k++)
            {
                counts[table.Pick((((column << 29) + 7) << 32) | (k * 4294967))]++;
            }
        }
        for (var i = 0; i < weights.Length; i++)
        {
            // Each of the at most 8 columns a member has part in is off by at most one draw.
            Assert.Equal(8000 * weights[i] / 31, counts[i], 8.0);
        }
    }

    [Fact]
    public void Any_bits_give_a_member_that_has_weight() =>
        Gen.Select(Gen.Double[0.001, 1e9].Array[1, 50], Gen.ULong).Sample((weights, bits) =>
            Assert.InRange(new AliasTable(weights).Pick(bits), 0, weights.Length - 1));

    [Fact]
    public void Weights_that_are_all_zero_share_alike() =>
        Assert.All(CountsOf([0, 0, 0, 0], 4000), count => Assert.Equal(1000, count, 4.5 * Math.Sqrt(4000 * 0.25 * 0.75)));

    private static int[] CountsOf(double[] weights, int draws)
    {
        var table = new AliasTable(weights);
        var counts = new int[weights.Length];
        for (var k = 0; k < draws; k++)
        {
            counts[table.Pick(Draw.Bits((ulong)k))]++;
        }
        return counts;
    }
}
