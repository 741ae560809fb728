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
    /// <summary>Proportional shares: costs below the usual one divided by this count as it.</summary>
    private const double MaxShare = 3;

    private static readonly TimeSpan DefaultDecay = TimeSpan.FromSeconds(10);

    public string Name => "peak_ewma";

    public object? ReadOptions(PolicyParameters parameters) => new PeakEwmaOptions(
        PickOptions.Read(parameters),
        parameters.Span("Decay", DefaultDecay, TimeSpan.FromMilliseconds(100), TimeSpan.FromHours(1))!.Value);

    public object? Prepare(PolicySetup setup) => new LatencyTable(setup.Members, ((PeakEwmaOptions)setup.Options!).Decay);

    public int Pick(in PickContext context)
    {
        var (table, rule) = ((LatencyTable)context.Prepared!, ((PeakEwmaOptions)context.Options!).Rule);
        if (!table.HasOutcomes)
        {
            return LeastRequestsPolicy.Pick(context, table.Draws, choices: 2, bias: 1);
        }
        var costs = new Costs(table);
        switch (rule.Pick)
        {
            case PickMode.Best:
                return ScoredPick.Best(context, costs);
            case PickMode.Proportional:
                var least = table.UsualCost / MaxShare;
                return least > 0
                    ? ScoredPick.Proportional(context, table.Draws, least, costs)
                    : WeightedDraw.Pick(context, table.Draws, Draw.Bits(context.Seed));
            default:
                return ScoredPick.BetterOfTwo(context, table.Draws, rule.Beta, costs);
        }
    }

    public void Explain(in PickContext context, PickTrace trace)
    {
        var (table, rule) = ((LatencyTable)context.Prepared!, ((PeakEwmaOptions)context.Options!).Rule);
        if (!table.HasOutcomes)
        {
            LeastRequestsPolicy.Explain(context, table.Draws, choices: 2, bias: 1, trace);
            return;
        }
        table.Explain(context, trace);
        trace.ByRule(context, table.Draws, rule, table.UsualCost / MaxShare, new Costs(table));
    }

    private readonly struct Costs(LatencyTable table) : IMemberCosts
    {
        public double CostOf(in PickContext context, int place)
        {
            var member = context.Members[place];
            return table.LatencyOf(member.Index) * (member.Counters.InFlight + 1);
        }
    }

    private sealed record PeakEwmaOptions(PickOptions Rule, TimeSpan Decay);
}
