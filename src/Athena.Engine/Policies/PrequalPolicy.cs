using Athena.Engine.Explaining;
using Athena.Engine.Farms;

namespace Athena.Engine.Policies;

/// <summary>Hot and cold: among members that are not busier than most the fastest, else the least busy.</summary>
/// <remarks>
/// A member is hot when its requests in flight, for its weight, are above the quantile of all members'. If any is cold, the cold one with the least
/// latency wins, else the one with the fewest in flight; equals share by weight. Up to 64 members on the full table; of more on 16 drawn at
/// random, one from each sixteenth of the group, as many as the paper's pool has probes. What a probe compensates for, leases count. Latency is what outcomes of late let expect at the present number in
/// flight, where the paper has their median, raised by failures against sinkholes. Quantile 0: in flight alone; 1: latency alone. O(1) above 64 members.
/// Source: Wydrowski et al., "Load is not what you should balance", NSDI 2024.
/// </remarks>
internal sealed class PrequalPolicy : IBalancingPolicy
{
    private const int LargestFullTable = 64;

    /// <summary>Size of the paper's pool.</summary>
    private const int PoolSize = 16;

    private const double NothingInFlight = -1;

    /// <summary>2^-0.25.</summary>
    private const double DefaultQuantile = 0.8408964152537145;

    private static readonly LatencyOptions Latency = new(new PickOptions(PickMode.TwoChoices, Beta: 1), TimeSpan.FromSeconds(10));

    public string Name => "prequal";

    public object? ReadOptions(PolicyParameters parameters) => new PrequalOptions(parameters.Number("Quantile", DefaultQuantile, 0, 1));

    public object? Prepare(PolicySetup setup) => new LatencyTable<LineLatencies>(setup, Latency);

    public int Pick(in PickContext context)
    {
        var latencies = (LatencyTable<LineLatencies>)context.Prepared!;
        Span<int> places = stackalloc int[LargestFullTable];
        places = places[..Choose(context, places)];
        var threshold = Threshold(context, places, ((PrequalOptions)context.Options!).Quantile);
        var (cold, hot) = (new ScoredPick.Ties(context.Seed), new ScoredPick.Ties(context.Seed));
        foreach (var i in places)
        {
            var member = context.Members[i];
            var requests = RequestsOf(member);
            if (requests <= threshold)
            {
                cold.Offer(i, latencies.LatencyOf(member.Index, member.Counters.InFlight + 1), member.EffectiveWeight);
            }
            else if (cold.Best < 0)
            {
                hot.Offer(i, requests, member.EffectiveWeight);
            }
        }
        return cold.Best >= 0 ? cold.Best : hot.Best;
    }

    public void Explain(in PickContext context, PickTrace trace)
    {
        var latencies = (LatencyTable<LineLatencies>)context.Prepared!;
        Span<int> places = stackalloc int[LargestFullTable];
        places = places[..Choose(context, places)];
        var threshold = Threshold(context, places, ((PrequalOptions)context.Options!).Quantile);
        (trace.Rule, trace.Threshold) = ("hot_cold", threshold);
        latencies.ExplainTerms(context, trace);
        for (var k = 0; k < places.Length && context.Members.Length > places.Length; k++)
        {
            trace.Step("probe", Draw.Bits(context.Seed, (uint)k), places[k]);
        }
        var members = context.Members.ToArray();
        var cold = Array.FindAll(places.ToArray(), i => RequestsOf(members[i]) <= threshold);
        foreach (var i in places)
        {
            trace.Score(i, ScoreOf(i));
        }
        var compared = cold.Length > 0 ? cold : places.ToArray();
        trace.Ties(context, compared, Array.ConvertAll(compared, ScoreOf));

        double ScoreOf(int i) => cold.Length > 0 ? latencies.LatencyOf(members[i].Index, members[i].Counters.InFlight + 1) : RequestsOf(members[i]);
    }

    private static double RequestsOf(Member member) => member.Counters.InFlight / member.EffectiveWeight;

    /// <summary>The members to compare: all, or one drawn from each equal part of the group.</summary>
    private static int Choose(in PickContext context, Span<int> places)
    {
        var n = context.Members.Length;
        var count = n <= LargestFullTable ? n : PoolSize;
        for (var k = 0; k < count; k++)
        {
            var (from, to) = ((int)((long)k * n / count), (int)((long)(k + 1) * n / count));
            places[k] = from + (to - from == 1 ? 0 : Draw.Below(Draw.Bits(context.Seed, (uint)k), to - from));
        }
        return count;
    }

    /// <summary>The quantile by nearest rank.</summary>
    private static double Threshold(in PickContext context, ReadOnlySpan<int> places, double quantile)
    {
        Span<double> requests = stackalloc double[LargestFullTable];
        requests = requests[..places.Length];
        for (var k = 0; k < places.Length; k++)
        {
            requests[k] = RequestsOf(context.Members[places[k]]);
        }
        requests.Sort();
        var rank = (int)Math.Ceiling(quantile * places.Length);
        return rank == 0 ? NothingInFlight : requests[rank - 1];
    }

    private sealed record PrequalOptions(double Quantile);
}
