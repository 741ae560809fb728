namespace Athena.Simulation.Model;

/// <summary>A stream of random numbers that a seed and a name settle for ever, on every machine and runtime.</summary>
/// <remarks>SplitMix64 (Steele, Lea, Flood 2014).</remarks>
internal sealed class Dice(ulong seed, ulong stream)
{
    private ulong _state = Mix(seed + (0xD1342543DE82EF95 * (stream + 1)));

    public ulong Bits() => Mix(_state += 0x9E3779B97F4A7C15);

    /// <summary>0 (included) to 1 (excluded).</summary>
    public double Unit() => (Bits() >> 11) * (1.0 / (1UL << 53));

    /// <summary>0 to bound-1.</summary>
    public int Below(int bound) => (int)Math.BigMul(Bits(), (ulong)bound, out _);

    /// <summary>Exponentially distributed, mean 1.</summary>
    public double Exponential() => -Math.Log(1 - Unit());

    /// <summary>Log-normally distributed, mean 1, with this ratio of standard deviation to mean.</summary>
    public double LogNormal(double deviation)
    {
        var variance = Math.Log(1 + (deviation * deviation));
        var normal = Math.Sqrt(-2 * Math.Log(1 - Unit())) * Math.Cos(2 * Math.PI * Unit());
        return Math.Exp((Math.Sqrt(variance) * normal) - (variance / 2));
    }

    private static ulong Mix(ulong z)
    {
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }
}
