using Athena.Engine.Farms;
using Athena.Engine.Statistics;

namespace Athena.Engine.Policies;

/// <summary>How a policy that scores goes from scores to a pick.</summary>
internal enum PickMode
{
    /// <summary>The better of two members drawn by weight: spreads even when the numbers are old.</summary>
    TwoChoices,

    /// <summary>The best of all.</summary>
    Best,
}

/// <summary>Picks the member with the least load for its weight.</summary>
/// <remarks>
/// The load is one statistic, raised by what the hand-outs since the report are likely to add (<see cref="StatisticCell"/>): without that
/// everybody would go to the same server until its next report. A member that never reported counts as the median of those that did; while
/// nobody has reported, weights alone decide.
/// Two choices: O(1), but O(n) while a drawn member has not reported. Best: O(n), the scan starts at the seed, so that equals share alike.
/// </remarks>
internal sealed class LeastLoadPolicy : IBalancingPolicy
{
    /// <summary>Members looked at for the median; a farm with more is sampled.</summary>
    private const int LargestMedianSample = 63;

    public string Name => "least_load";

    public object? ReadOptions(PolicyParameters parameters)
    {
        var options = new LeastLoadOptions(
            parameters.Text("Statistic", "load"),
            parameters.OneOf("Pick", PickMode.TwoChoices),
            parameters.Number("HandOutCost", double.NaN, 0, StatisticBoard.MaxValue));
        if (!StatisticNames.IsValid(options.Statistic))
        {
            parameters.Fault("Statistic", $"'{options.Statistic}' is not the name of a statistic");
        }
        return options;
    }

    public object? Prepare(PolicySetup setup) => new LeastLoadTable(
        [.. setup.Members.Select(m => m.Server.Cells.Statistics.GetOrAdd(((LeastLoadOptions)setup.Options!).Statistic))],
        WeightedDraw.Prepare(setup.Members));

    public int Pick(in PickContext context) =>
        ((LeastLoadOptions)context.Options!).Pick == PickMode.Best ? Best(context) : BetterOfTwo(context);

    private static int BetterOfTwo(in PickContext context)
    {
        var n = context.Members.Length;
        var table = ((LeastLoadTable)context.Prepared!).Draws;
        var first = WeightedDraw.Pick(context, table, Draw.Bits(context.Seed));
        if (n == 1)
        {
            return first;
        }
        // Two different members: a draw that repeats the first is replaced by one of the others.
        var second = WeightedDraw.Pick(context, table, Draw.Bits(context.Seed, 1));
        if (second == first)
        {
            second = (first + 1 + Draw.Below(Draw.Bits(context.Seed, 2), n - 1)) % n;
        }
        var (a, b) = (LoadOf(context, first), LoadOf(context, second));
        if (double.IsNaN(a) || double.IsNaN(b))
        {
            var median = MedianLoad(context);
            (a, b) = (double.IsNaN(a) ? median : a, double.IsNaN(b) ? median : b);
        }
        return b / context.Members[second].EffectiveWeight < a / context.Members[first].EffectiveWeight ? second : first;
    }

    private static int Best(in PickContext context)
    {
        var members = context.Members;
        var (best, bestScore, median) = (-1, double.PositiveInfinity, double.NaN);
        var i = Draw.Below(Draw.Bits(context.Seed), members.Length);
        for (var step = 0; step < members.Length; step++)
        {
            var load = LoadOf(context, i);
            if (double.IsNaN(load))
            {
                load = double.IsNaN(median) ? median = MedianLoad(context) : median;
                if (double.IsNaN(load))
                {
                    return WeightedDraw.Pick(context, ((LeastLoadTable)context.Prepared!).Draws, Draw.Bits(context.Seed, 1));
                }
            }
            var score = load / members[i].EffectiveWeight;
            if (score < bestScore || best < 0)
            {
                (best, bestScore) = (i, score);
            }
            i = i + 1 == members.Length ? 0 : i + 1;
        }
        return best;
    }

    /// <summary>The expected load of a member; NaN when it never reported.</summary>
    private static double LoadOf(in PickContext context, int place)
    {
        var member = context.Members[place];
        var cell = ((LeastLoadTable)context.Prepared!).Cells[member.Index];
        return cell.Expected(member.Server.Cells.Chosen, ((LeastLoadOptions)context.Options!).HandOutCost);
    }

    /// <summary>The median of the reported loads; NaN when nobody reported.</summary>
    private static double MedianLoad(in PickContext context)
    {
        var n = context.Members.Length;
        Span<double> loads = stackalloc double[LargestMedianSample];
        var count = 0;
        var step = Math.Max(1, n / LargestMedianSample);
        for (var i = 0; i < n && count < LargestMedianSample; i += step)
        {
            var load = LoadOf(context, i);
            if (!double.IsNaN(load))
            {
                loads[count++] = load;
            }
        }
        if (count == 0)
        {
            return double.NaN;
        }
        loads = loads[..count];
        loads.Sort();
        return (count & 1) == 1 ? loads[count / 2] : (loads[(count / 2) - 1] + loads[count / 2]) / 2;
    }

    private sealed record LeastLoadOptions(string Statistic, PickMode Pick, double HandOutCost);

    private sealed record LeastLoadTable(StatisticCell[] Cells, AliasTable? Draws);
}
