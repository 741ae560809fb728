using Athena.Engine.Policies;
using CsCheck;

namespace Athena.Engine.Tests.Policies;

public class DrawTests
{
    [Fact] // The first outputs of the published SplitMix64 with seed 1234567.
    public void Bits_are_those_of_split_mix()
    {
        ulong[] expected = [6457827717110365317, 3203168211198807973, 9817491932198370423, 4593380528125082431, 16408922859458223821];
        Assert.Equal(expected, Enumerable.Range(0, 5).Select(k => Draw.Bits(1234567, (uint)k)));
    }

    [Fact]
    public void Below_stays_below_and_unit_stays_in_the_unit() =>
        Gen.Select(Gen.ULong, Gen.Int[1, int.MaxValue]).Sample((bits, bound) =>
        {
            Assert.InRange(Draw.Below(bits, bound), 0, bound - 1);
            Assert.True(Draw.Unit(bits) is >= 0 and < 1);
        });

    [Fact]
    public void The_ends_of_the_bits_are_the_ends_of_the_range()
    {
        Assert.Equal(0, Draw.Below(0, 10));
        Assert.Equal(9, Draw.Below(ulong.MaxValue, 10));
        Assert.Equal(0, Draw.Unit(0));
        Assert.True(Draw.Unit(ulong.MaxValue) < 1);
    }
}
