using Athena.Engine.Explaining;
using Athena.Engine.Farms;

namespace Athena.Engine.Policies;

/// <summary>Picks the member with the fewest leases in flight for its weight.</summary>
/// <remarks>
/// The largest weight / (in flight + 1)^bias wins; with bias 0, and where all are idle, shares go by weight. Up to 16 members all are looked at, equals share by weight; above
/// it the best of some drawn by weight wins, the first one of equals. Source: Envoy, least request; the full scan after envoy#4481.
/// O(choices), at most O(16).
/// </remarks>
internal sealed class LeastRequestsPolicy : IBalancingPolicy
{
    /// <summary>Largest group that is looked at in full.</summary>
    private const int LargestScan = 16;

    private const int MaxChoices = 64;
    private const double MaxBias = 10;

    public string Name => "least_requests";

    public object? ReadOptions(PolicyParameters parameters) =>
        new LeastRequestsOptions(parameters.Whole("Choices", 2, 1, MaxChoices), parameters.Number("Bias", 1, 0, MaxBias));

    public object? Prepare(PolicySetup setup) => new RequestTable(setup.Members);

    public int Pick(in PickContext context)
    {
        var options = (LeastRequestsOptions)context.Options!;
        return Pick(context, (RequestTable)context.Prepared!, options.Choices, options.Bias);
    }

    /// <summary>The pick, for policies that have nothing better to go by yet.</summary>
    public static int Pick(in PickContext context, RequestTable table, int choices, double bias)
    {
        if (bias == 0 || (context.Members.Length <= LargestScan && AreIdle(context.Members)))
        {
            return WeightedDraw.Pick(context, table.Draws, Draw.Bits(context.Seed));
        }
        var costs = new Requests(table, bias);
        return context.Members.Length <= LargestScan ? ScoredPick.Best(context, costs) : BestOfSome(context, table, choices, costs);
    }

    public void Explain(in PickContext context, PickTrace trace)
    {
        var options = (LeastRequestsOptions)context.Options!;
        Explain(context, (RequestTable)context.Prepared!, options.Choices, options.Bias, trace);
    }

    /// <summary>Tells the pick, for policies that have nothing better to go by yet.</summary>
    public static void Explain(in PickContext context, RequestTable table, int choices, double bias, PickTrace trace)
    {
        var (costs, draws) = (new Requests(table, bias), table.Draws);
        trace.Score(context, costs);
        for (var i = 0; i < context.Members.Length; i++)
        {
            trace.Term(i, "in_flight", context.Members[i].Server.Cells.InFlight);
        }
        if (bias == 0 || (context.Members.Length <= LargestScan && AreIdle(context.Members)))
        {
            trace.ByWeight(context, draws);
        }
        else if (context.Members.Length <= LargestScan)
        {
            trace.Best(context, costs);
        }
        else
        {
            trace.Rule = "best_of_some";
            var best = trace.Drawn(context, draws, Draw.Bits(context.Seed), "first");
            for (var k = 1U; k < choices; k++)
            {
                if (trace.Drawn(context, draws, Draw.Bits(context.Seed, k), "second") is var i && i == best)
                {
                    var bits = Draw.Bits(context.Seed, MaxChoices + k);
                    i = (i + 1 + Draw.Below(bits, context.Members.Length - 1)) % context.Members.Length;
                    trace.Step("other", bits, i);
                }
                best = IsBetter(context, i, best, costs) ? i : best;
            }
        }
    }

    /// <summary>Whether the score is less, and not by weight alone while both are idle.</summary>
    private static bool IsBetter(in PickContext context, int one, int other, Requests costs) =>
        ScoredPick.ForWeight(context, one, costs) < ScoredPick.ForWeight(context, other, costs)
        && (context.Members[one].Server.Cells.InFlight > 0 || context.Members[other].Server.Cells.InFlight > 0);

    private static int BestOfSome(in PickContext context, RequestTable table, int choices, Requests costs)
    {
        // Without a table of draws all weigh the same: their members need not be looked at.
        var draws = table.Draws;
        var best = WeightedDraw.Pick(context, draws, Draw.Bits(context.Seed));
        var (least, isBusy) = (draws is null ? costs.CostOf(context, best) : ScoredPick.ForWeight(context, best, costs), table.InFlight(context, best) > 0);
        for (var k = 1U; k < choices; k++)
        {
            var i = WeightedDraw.Pick(context, draws, Draw.Bits(context.Seed, k));
            if (i == best)
            {
                // A draw that repeats is replaced by one of the others, each as likely as the next.
                i = (i + 1 + Draw.Below(Draw.Bits(context.Seed, MaxChoices + k), context.Members.Length - 1)) % context.Members.Length;
            }
            var score = draws is null ? costs.CostOf(context, i) : ScoredPick.ForWeight(context, i, costs);
            if (score < least && (isBusy || table.InFlight(context, i) > 0))
            {
                (best, least, isBusy) = (i, score, table.InFlight(context, i) > 0);
            }
        }
        return best;
    }

    private static bool AreIdle(ReadOnlySpan<Member> members)
    {
        foreach (var member in members)
        {
            if (member.Counters.InFlight > 0)
            {
                return false;
            }
        }
        return true;
    }

    /// <summary>(in flight + 1)^bias.</summary>
    private readonly struct Requests(RequestTable table, double bias) : IMemberCosts
    {
        public double CostOf(in PickContext context, int place)
        {
            var requests = table.InFlight(context, place) + 1;
            return bias == 1 ? requests : Math.Pow(requests, bias);
        }
    }

    private sealed record LeastRequestsOptions(int Choices, double Bias);
}
