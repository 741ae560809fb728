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
    public string Name => "least_time";

    public object? ReadOptions(PolicyParameters parameters) => LatencyOptions.Read(parameters, PickMode.Best);

    public object? Prepare(PolicySetup setup) => new LatencyLines(setup.Members, ((LatencyOptions)setup.Options!).Decay);

    public int Pick(in PickContext context)
    {
        var (lines, rule) = ((LatencyLines)context.Prepared!, ((LatencyOptions)context.Options!).Rule);
        if (!lines.HasOutcomes)
        {
            return LeastRequestsPolicy.Pick(context, lines.Requests, choices: 2, bias: 1);
        }
        return ScoredPick.ByRule(context, lines.Requests.Draws, rule, new Costs(lines));
    }

    public void Explain(in PickContext context, PickTrace trace)
    {
        var (lines, rule) = ((LatencyLines)context.Prepared!, ((LatencyOptions)context.Options!).Rule);
        if (!lines.HasOutcomes)
        {
            LeastRequestsPolicy.Explain(context, lines.Requests, choices: 2, bias: 1, trace);
            return;
        }
        lines.Explain(context, trace);
        trace.ByRule(context, lines.Requests.Draws, rule, new Costs(lines));
    }

    private readonly struct Costs(LatencyLines lines) : IShareCosts
    {
        public double Least => lines.UsualCost / PickOptions.MaxShare;

        public double CostOf(in PickContext context, int place)
        {
            var i = context.IsWhole ? place : context.Members[place].Index;
            var n = lines.Requests.InFlight(i) + 1;
            return lines.LatencyOf(i, n) * n;
        }
    }
}
