using Athena.Engine.Explaining;

namespace Athena.Engine.Policies;

/// <summary>Picks the member where one more adds the least to the time of all, for its weight: what it is expected to take itself, and what it adds to the others there.</summary>
/// <remarks>
/// Cost = (latency(n) + (n − 1) · slope) / (1 − failures/(outcomes + 1)) / √weight, where n = in flight + 1 and latency(n) is what <see cref="Leases.LatencyLine"/>
/// expects of work begun as one of n, slope what each one more adds to it: together n · latency(n) − (n − 1) · latency(n − 1). It learns how fast each server is and how that falls with what it has to do, which `peak_ewma` has
/// from the slowest answers of late alone. Fast servers are filled while that costs less than to begin on a slow one; times n^bias, slower ones get their part sooner. A
/// member without an outcome counts as the median; before the first outcome of all it picks as <see cref="LeastRequestsPolicy"/>. Sources: least time,
/// NGINX Plus; shortest expected delay (Winston 1977), by marginal cost (Pigou); docs/adr/0028. Best: O(n); two choices: O(1). Not for long polls or streams.
/// </remarks>
internal sealed class LeastTimePolicy : IBalancingPolicy
{
    private const double MaxBias = 10;

    public string Name => "least_time";

    public object? ReadOptions(PolicyParameters parameters) => LatencyOptions.Read(parameters, PickMode.Best) with { Bias = parameters.Number("Bias", 0, 0, MaxBias) };

    public object? Prepare(PolicySetup setup) => new LatencyLines(setup.Members, ((LatencyOptions)setup.Options!).Decay);

    public int Pick(in PickContext context)
    {
        var (lines, options) = ((LatencyLines)context.Prepared!, (LatencyOptions)context.Options!);
        if (!lines.HasOutcomes)
        {
            return LeastRequestsPolicy.Pick(context, lines.Requests, choices: 2, bias: 1);
        }
        return ScoredPick.ByRule(context, lines.Requests.Draws, options.Rule, new Costs(lines, options.Bias));
    }

    public void Explain(in PickContext context, PickTrace trace)
    {
        var (lines, options) = ((LatencyLines)context.Prepared!, (LatencyOptions)context.Options!);
        if (!lines.HasOutcomes)
        {
            LeastRequestsPolicy.Explain(context, lines.Requests, choices: 2, bias: 1, trace);
            return;
        }
        lines.Explain(context, trace, tellsAdded: true);
        trace.ByRule(context, lines.Requests.Draws, options.Rule, new Costs(lines, options.Bias));
    }

    private readonly struct Costs(LatencyLines lines, double bias) : IShareCosts
    {
        public double Least => lines.UsualCost / PickOptions.MaxShare;

        public double CostOf(in PickContext context, int place)
        {
            var i = context.IsWhole ? place : context.Members[place].Index;
            var n = lines.Requests.InFlight(i) + 1;
            var cost = lines.CostOf(i, n);
            cost = bias == 0 ? cost : cost * Math.Pow(n, bias);
            // Costs are compared by weight: its root is left of it. Without draws all weigh the same.
            return lines.Requests.Draws is null ? cost : cost * Math.Sqrt(context.Members[place].Weight);
        }
    }
}
