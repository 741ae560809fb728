namespace Athena.Engine.Policies;

/// <summary>gRPC's static stride scheduler: weighted round robin whose only state is a counter.</summary>
/// <remarks>
/// Weights are scaled so that the largest is K = 65,535, after the largest is capped to ten times the mean (zeros, which mean "unknown", left
/// out of it). A zero gets the scaled mean; none is below one hundredth of the mean, and 1. Pick: s = next of the counter, i = s mod n, g = s / n;
/// skip when (W_i·g + i·K/2) mod K is below K − W_i. Source: grpc/grpc, static_stride_scheduler.cc.
/// </remarks>
internal sealed class StrideSchedule
{
    private const int K = 65535;
    private const double LargestToMean = 10;
    private const double SmallestToMean = 0.01;

    private readonly ushort[] _weights;

    public StrideSchedule(ReadOnlySpan<double> weights)
    {
        var (sum, known, largest) = (0.0, 0, 0.0);
        foreach (var weight in weights)
        {
            if (weight > 0)
            {
                sum += weight;
                known++;
                largest = Math.Max(largest, weight);
            }
        }
        var mean = known == 0 ? 1 : sum / known;
        largest = known == 0 ? 1 : Math.Min(largest, LargestToMean * mean);
        var scale = K / largest;
        var scaledMean = Math.Round(scale * mean, MidpointRounding.AwayFromZero);
        var least = Math.Max(1, Math.Round(scaledMean * SmallestToMean, MidpointRounding.AwayFromZero));
        _weights = new ushort[weights.Length];
        for (var i = 0; i < weights.Length; i++)
        {
            var scaled = weights[i] > 0 ? Math.Round(Math.Min(weights[i], largest) * scale, MidpointRounding.AwayFromZero) : scaledMean;
            _weights[i] = (ushort)Math.Clamp(scaled, least, K);
        }
    }

    /// <summary>The scaled weights.</summary>
    public ReadOnlySpan<ushort> Weights => _weights;

    public int Pick(in PickContext context)
    {
        var n = (ulong)_weights.Length;
        for (var seed = context.Seed; ; seed = context.SeedAfter(seed))
        {
            // The counter is 32 bits wide, as in gRPC.
            var sequence = (uint)seed;
            var (generation, i) = Math.DivRem(sequence, n);
            ulong weight = _weights[i];
            if (((weight * generation) + (i * (K / 2))) % K >= K - weight)
            {
                return (int)i;
            }
        }
    }
}
