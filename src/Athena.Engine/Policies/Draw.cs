using System.Runtime.CompilerServices;

namespace Athena.Engine.Policies;

/// <summary>Random numbers derived from a seed, without state: draw k of a seed is always the same.</summary>
/// <remarks>SplitMix64 (Steele, Lea, Flood 2014): a bijective mix of an equidistributed sequence.</remarks>
internal static class Draw
{
    private const ulong Golden = 0x9E3779B97F4A7C15;

    /// <summary>64 random bits: draw <paramref name="k"/> of the seed.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Bits(ulong seed, uint k = 0)
    {
        var z = seed + ((k + 1) * Golden);
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }

    /// <summary>0 to bound-1, each as likely as the next to 1 in 2^32.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int Below(ulong bits, int bound) => (int)Math.BigMul(bits, (ulong)bound, out _);

    /// <summary>0 (included) to 1 (excluded).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static double Unit(ulong bits) => (bits >> 11) * (1.0 / (1UL << 53));
}
