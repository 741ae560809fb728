using Athena.Engine.Farms;

namespace Athena.Engine.Policies;

/// <summary>Hot and cold: among members that are not busier than most the fastest, else the least busy.</summary>
/// <remarks>
/// A member is hot when its requests in flight, for its weight, are above the quantile of all members'. If any is cold, the cold one with the least
/// latency wins, else the one with the fewest in flight; equals share by weight. On the full table, where the paper has a pool of probes; what a
/// probe compensates for, leases count. Latency is the decayed one of outcomes, raised by failures against sinkholes, where the paper has
/// the median of durations at the present number in flight. Quantile 0: in flight alone; 1: latency alone. O(n).
/// Source: Wydrowski et al., "Load is not what you should balance", NSDI 2024.
/// </remarks>
internal sealed class PrequalPolicy : IBalancingPolicy
{
    /// <summary>Members looked at for the quantile; of larger groups these are spread over the group from the seed on.</summary>
    private const int LargestSample = 64;

    private const double NothingInFlight = -1;

    /// <summary>2^-0.25.</summary>
    private const double DefaultQuantile = 0.8408964152537145;

    private static readonly TimeSpan Decay = TimeSpan.FromSeconds(10);

    public string Name => "prequal";

    public object? ReadOptions(PolicyParameters parameters) => new PrequalOptions(parameters.Number("Quantile", DefaultQuantile, 0, 1));

    public object? Prepare(PolicySetup setup) => new LatencyTable(setup.Members, Decay);

    public int Pick(in PickContext context)
    {
        var table = (LatencyTable)context.Prepared!;
        var threshold = Threshold(context, ((PrequalOptions)context.Options!).Quantile);
        var (cold, hot) = (new ScoredPick.Ties(context.Seed), new ScoredPick.Ties(context.Seed));
        for (var i = 0; i < context.Members.Length; i++)
        {
            var member = context.Members[i];
            var requests = RequestsOf(member);
            if (requests <= threshold)
            {
                cold.Offer(i, table.LatencyOf(member.Index), member.EffectiveWeight);
            }
            else if (cold.Best < 0)
            {
                hot.Offer(i, requests, member.EffectiveWeight);
            }
        }
        return cold.Best >= 0 ? cold.Best : hot.Best;
    }

    private static double RequestsOf(Member member) => member.Server.Cells.InFlight / member.EffectiveWeight;

    /// <summary>The quantile by nearest rank.</summary>
    private static double Threshold(in PickContext context, double quantile)
    {
        Span<double> requests = stackalloc double[LargestSample];
        var n = context.Members.Length;
        var count = Math.Min(n, LargestSample);
        var first = count == n ? 0 : Draw.Below(Draw.Bits(context.Seed), n);
        for (var k = 0; k < count; k++)
        {
            requests[k] = RequestsOf(context.Members[(int)((first + ((long)k * n / count)) % n)]);
        }
        requests = requests[..count];
        requests.Sort();
        var rank = (int)Math.Ceiling(quantile * count);
        return rank == 0 ? NothingInFlight : requests[rank - 1];
    }

    private sealed record PrequalOptions(double Quantile);
}
