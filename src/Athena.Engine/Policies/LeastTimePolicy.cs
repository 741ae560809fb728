using Athena.Engine.Explaining;

namespace Athena.Engine.Policies;

/// <summary>Picks the member that is expected to answer soonest, with fewest in flight, for its weight.</summary>
/// <remarks>
/// Cost = latency(n) · n / (1 − failures/(outcomes + 1)) / weight, where n = in flight + 1 and latency(n) is what <see cref="Leases.LatencyLine"/>
/// expects of work begun as one of n. It learns how fast each server is and how that falls with what it has to do, which `peak_ewma` has from the slowest
/// answers of late alone; times n as there, so that fast servers are not driven to their limit while slower ones have room. The costs are
/// <see cref="LatencyTable{T}"/>'s business. Source: least time, NGINX Plus; docs/adr/0011. Best: O(n), by SIMD; two choices: O(1). Not for long polls or streams.
/// </remarks>
internal sealed class LeastTimePolicy : IBalancingPolicy
{
    public string Name => "least_time";

    public object? ReadOptions(PolicyParameters parameters) => LatencyOptions.Read(parameters, PickMode.Best);

    public object? Prepare(PolicySetup setup) => new LatencyTable<LineLatencies>(setup, (LatencyOptions)setup.Options!);

    public int Pick(in PickContext context) => ((LatencyTable<LineLatencies>)context.Prepared!).Pick(context);

    public void Explain(in PickContext context, PickTrace trace) => ((LatencyTable<LineLatencies>)context.Prepared!).Explain(context, trace);
}
