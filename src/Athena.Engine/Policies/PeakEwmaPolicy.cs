using Athena.Engine.Explaining;

namespace Athena.Engine.Policies;

/// <summary>Picks the member with the least decayed peak latency times in flight, for its weight.</summary>
/// <remarks>
/// Cost = latency / (1 − failures/(outcomes + 1)) · (in flight + 1) / weight. Sources: Finagle, PeakEwma; envoy#32942 for failures. A member
/// without an outcome counts as the median, where Finagle has a penalty; before the first outcome of all it picks as <see cref="LeastRequestsPolicy"/>. The latency fades with the refresher. O(1); best: O(n).
/// Not for long polls or streams.
/// </remarks>
internal sealed class PeakEwmaPolicy : IBalancingPolicy
{
    public string Name => "peak_ewma";

    public object? ReadOptions(PolicyParameters parameters) => LatencyOptions.Read(parameters);

    public object? Prepare(PolicySetup setup) => new LatencyTable(setup.Members, ((LatencyOptions)setup.Options!).Decay);

    public int Pick(in PickContext context)
    {
        var (table, rule) = ((LatencyTable)context.Prepared!, ((LatencyOptions)context.Options!).Rule);
        if (!table.HasOutcomes)
        {
            return LeastRequestsPolicy.Pick(context, table.Requests, choices: 2, bias: 1);
        }
        return ScoredPick.ByRule(context, table.Requests.Draws, rule, new Costs(table));
    }

    public void Explain(in PickContext context, PickTrace trace)
    {
        var (table, rule) = ((LatencyTable)context.Prepared!, ((LatencyOptions)context.Options!).Rule);
        if (!table.HasOutcomes)
        {
            LeastRequestsPolicy.Explain(context, table.Requests, choices: 2, bias: 1, trace);
            return;
        }
        table.Explain(context, trace);
        trace.ByRule(context, table.Requests.Draws, rule, new Costs(table));
    }

    private readonly struct Costs(LatencyTable table) : IShareCosts
    {
        public double Least => table.UsualCost / PickOptions.MaxShare;

        public double CostOf(in PickContext context, int place)
        {
            var i = context.IsWhole ? place : context.Members[place].Index;
            return table.LatencyOf(i) * (table.Requests.InFlight(i) + 1);
        }
    }
}
