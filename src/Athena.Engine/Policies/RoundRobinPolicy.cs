using Athena.Engine.Explaining;
using Athena.Engine.Farms;

namespace Athena.Engine.Policies;

/// <summary>Picks the members in turn, in proportion to their weights.</summary>
/// <remarks>
/// Equal weights: in turn. Small farms: nginx's smooth weighted round robin, its cycle unrolled once per change, so that a pick reads one
/// entry. Large ones or uneven weights: gRPC's static stride schedule. The only shared state is the farm's counter. O(1), no allocation.
/// Filtered members (exclusions, limits): the share of the turn decides, O(n).
/// </remarks>
internal sealed class RoundRobinPolicy : IBalancingPolicy
{
    /// <summary>Longest cycle that is unrolled; work to unroll is cycle times members.</summary>
    private const int LongestCycle = 4096;

    private const int LargestUnrolledGroup = 256;

    public string Name => "round_robin";

    public SeedSource Seeds => SeedSource.Sequence;

    public bool IsSampling => true;

    public object? Prepare(PolicySetup setup)
    {
        if (setup.Members.Any(m => m.EffectiveWeight != m.Weight))
        {
            // A slow start: its weights are no whole numbers.
            return new StrideSchedule([.. setup.Members.Select(m => m.EffectiveWeight)]);
        }
        var weights = setup.Members.Select(m => m.Weight).ToArray();
        if (weights.Distinct().Count() == 1)
        {
            return null;
        }
        var divisor = weights.Aggregate(GreatestCommonDivisor);
        var cycle = weights.Sum(w => (long)(w / divisor));
        return cycle <= LongestCycle && weights.Length <= LargestUnrolledGroup
            ? SmoothSchedule.Unroll(Array.ConvertAll(weights, w => (int)(w / divisor)))
            : new StrideSchedule(Array.ConvertAll(weights, w => (double)w));
    }

    public int Pick(in PickContext context)
    {
        if (!context.IsWhole)
        {
            return ByShare(context);
        }
        return context.Prepared switch
        {
            null => (int)(context.Seed % (ulong)context.Members.Length),
            int[] cycle => cycle[(int)(context.Seed % (ulong)cycle.Length)],
            StrideSchedule stride => stride.Pick(context),
            _ => throw new System.Diagnostics.UnreachableException(),
        };
    }

    public void Explain(in PickContext context, PickTrace trace)
    {
        trace.Rule = !context.IsWhole ? "share_of_turn" : context.Prepared switch { null => "turn", int[] => "smooth_cycle", _ => "stride" };
        trace.Step("turn", context.Seed, Pick(context));
    }

    /// <summary>Takes the turn's place on the golden-ratio sequence, which spreads evenly whatever the total weight is.</summary>
    private static int ByShare(in PickContext context) =>
        WeightedScan.At(context.Members, Draw.Unit(context.Seed * 0x9E3779B97F4A7C15));

    private static uint GreatestCommonDivisor(uint a, uint b)
    {
        while (b != 0)
        {
            (a, b) = (b, a % b);
        }
        return a;
    }
}
