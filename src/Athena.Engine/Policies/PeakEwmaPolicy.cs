using Athena.Engine.Explaining;

namespace Athena.Engine.Policies;

/// <summary>Picks the member with the least decayed peak latency times in flight, for its weight.</summary>
/// <remarks>
/// Cost = latency / (1 − failures/(outcomes + 1)) · (in flight + 1) / weight. Sources: Finagle, PeakEwma; envoy#32942 for failures. A member
/// without an outcome counts as the median, where Finagle has a penalty. The latency fades with the refresher. The costs are
/// <see cref="LatencyTable{T}"/>'s business. O(1); best: O(n), by SIMD. Not for long polls or streams.
/// </remarks>
internal sealed class PeakEwmaPolicy : IBalancingPolicy
{
    public string Name => "peak_ewma";

    public object? ReadOptions(PolicyParameters parameters) => LatencyOptions.Read(parameters);

    public object? Prepare(PolicySetup setup) => new LatencyTable<PeakLatencies>(setup, (LatencyOptions)setup.Options!);

    public int Pick(in PickContext context) => ((LatencyTable<PeakLatencies>)context.Prepared!).Pick(context);

    public void Explain(in PickContext context, PickTrace trace) => ((LatencyTable<PeakLatencies>)context.Prepared!).Explain(context, trace);
}
