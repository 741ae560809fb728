using Athena.Engine.Farms;
using Athena.Engine.Policies;

namespace Athena.Engine.Tests.Policies;

public class StrideScheduleTests
{
    [Theory] // reference/algorithms.md, section 3
    [InlineData(new[] { 1.0, 2, 3 }, new ushort[] { 21845, 43690, 65535 })]
    [InlineData(new[] { 0.0, 2, 4 }, new ushort[] { 49151, 32768, 65535 })]
    public void Weights_are_scaled_as_in_the_reference(double[] weights, ushort[] expected) =>
        Assert.Equal(expected, new StrideSchedule(weights).Weights.ToArray());

    [Theory]
    [InlineData(new[] { 1.0, 2, 3 }, "b c c a b c b c c a b c")]
    [InlineData(new[] { 3.0, 1 }, "a a b a a a b a")]
    public void Picks_are_as_in_the_reference(double[] weights, string expected) =>
        Assert.Equal(expected, string.Join(' ', Picks(weights, expected.Length / 2 + 1).Select(i => (char)('a' + i))));

    [Theory]
    [InlineData(new[] { 1.0, 2, 3 }, new[] { 1000, 2000, 3000 })]
    [InlineData(new[] { 0.0, 2, 4 }, new[] { 2000, 1334, 2666 })]
    public void Six_thousand_picks_are_shared_as_in_the_reference(double[] weights, int[] expected)
    {
        var picks = Picks(weights, 6000).CountBy(i => i).ToDictionary();
        Assert.Equal(expected, picks.OrderBy(p => p.Key).Select(p => p.Value));
    }

    [Fact]
    public void A_giant_counts_as_ten_times_the_mean_and_a_dwarf_as_a_hundredth_of_it()
    {
        // The largest stands for 10 means, K; so one mean is 6,553.5 and the smallest rises to a hundredth of it, 65.5.
        double[] weights = [100_000, .. Enumerable.Repeat(100.0, 98), 0.001];
        var mean = weights.Sum() / weights.Length;
        var scaled = new StrideSchedule(weights).Weights.ToArray();
        Assert.Equal(65535, scaled[0]);
        Assert.Equal(65535 / (10 * mean) * 100, scaled[1], 1.0);
        Assert.Equal(65.5, scaled[^1], 1.0);
    }

    [Fact]
    public void Nothing_but_unknown_weights_takes_everybody_in_turn() =>
        Assert.Equal([0, 1, 2, 0, 1, 2], Picks([0, 0, 0], 6));

    [Fact]
    public void The_counter_wraps_at_32_bits()
    {
        var schedule = new StrideSchedule([1, 2, 3]);
        Assert.Equal(Pick(schedule, 5), Pick(schedule, (1UL << 32) + 5));
        Assert.InRange(Pick(schedule, ulong.MaxValue), 0, 2);
    }

    /// <summary>Picks with one counter from 0, which a skipped member advances too.</summary>
    private static int[] Picks(double[] weights, int count)
    {
        var schedule = new StrideSchedule(weights);
        var counter = new FarmCells();
        return Enumerable.Range(0, count).Select(_ => Pick(schedule, counter.NextSequence(), counter)).ToArray();
    }

    private static int Pick(StrideSchedule schedule, ulong seed, FarmCells? counter = null) =>
        schedule.Pick(new PickContext([], isWhole: true, null, null, seed, counter));
}
