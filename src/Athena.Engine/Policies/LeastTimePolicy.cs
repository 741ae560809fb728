using Athena.Engine.Explaining;

namespace Athena.Engine.Policies;

/// <summary>Picks the member that is expected to answer soonest, with fewest in flight, for its weight.</summary>
/// <remarks>
/// Cost = latency(n) · n / (1 − failures/(outcomes + 1)) / weight, where n = in flight + 1 and latency(n) is what <see cref="Leases.LatencyLine"/>
/// expects of work begun as one of n. It learns how fast each server is and how that falls with what it has to do, which `peak_ewma` has from the slowest
/// answers of late alone; times n as there, so that fast servers are not driven to their limit while slower ones have room. A
/// member without an outcome counts as the median; before the first outcome of all it picks as <see cref="LeastRequestsPolicy"/>. Source: least time,
/// NGINX Plus; docs/adr/0011. Best: O(n); two choices: O(1). Not for long polls or streams.
/// </remarks>
internal sealed class LeastTimePolicy : IBalancingPolicy
{
    /// <summary>Proportional shares: costs below the usual one divided by this count as it.</summary>
    private const double MaxShare = 3;

    private static readonly TimeSpan DefaultDecay = TimeSpan.FromSeconds(10);

    public string Name => "least_time";

    public object? ReadOptions(PolicyParameters parameters) => new LeastTimeOptions(
        PickOptions.Read(parameters, PickMode.Best),
        parameters.Span("Decay", DefaultDecay, TimeSpan.FromMilliseconds(100), TimeSpan.FromHours(1))!.Value);

    public object? Prepare(PolicySetup setup) => new LatencyLines(setup.Members, ((LeastTimeOptions)setup.Options!).Decay);

    public int Pick(in PickContext context)
    {
        var (lines, rule) = ((LatencyLines)context.Prepared!, ((LeastTimeOptions)context.Options!).Rule);
        if (!lines.HasOutcomes)
        {
            return LeastRequestsPolicy.Pick(context, lines.Draws, choices: 2, bias: 1);
        }
        var costs = new Costs(lines);
        switch (rule.Pick)
        {
            case PickMode.Best:
                return ScoredPick.Best(context, costs);
            case PickMode.Proportional:
                var least = lines.UsualCost / MaxShare;
                return least > 0
                    ? ScoredPick.Proportional(context, lines.Draws, least, costs)
                    : WeightedDraw.Pick(context, lines.Draws, Draw.Bits(context.Seed));
            default:
                return ScoredPick.BetterOfTwo(context, lines.Draws, rule.Beta, costs);
        }
    }

    public void Explain(in PickContext context, PickTrace trace)
    {
        var (lines, rule) = ((LatencyLines)context.Prepared!, ((LeastTimeOptions)context.Options!).Rule);
        if (!lines.HasOutcomes)
        {
            LeastRequestsPolicy.Explain(context, lines.Draws, choices: 2, bias: 1, trace);
            return;
        }
        var costs = new Costs(lines);
        trace.Score(context, costs);
        lines.Explain(context, trace);
        switch (rule.Pick)
        {
            case PickMode.Best:
                trace.Best(context, costs);
                break;
            case PickMode.Proportional when lines.UsualCost / MaxShare is var least && least > 0:
                trace.Proportional(context, lines.Draws, least, costs);
                break;
            case PickMode.Proportional:
                trace.ByWeight(context, lines.Draws);
                break;
            default:
                trace.BetterOfTwo(context, lines.Draws, rule.Beta);
                break;
        }
    }

    private readonly struct Costs(LatencyLines lines) : IMemberCosts
    {
        public double CostOf(in PickContext context, int place)
        {
            var member = context.Members[place];
            var n = member.Server.Cells.InFlight + 1;
            return lines.LatencyOf(member.Index, n) * n;
        }
    }

    private sealed record LeastTimeOptions(PickOptions Rule, TimeSpan Decay);
}
