namespace Athena.Engine.Policies;

/// <summary>The cost of a member, for its weight or by itself.</summary>
internal interface IMemberCosts
{
    /// <summary>Cost of the member at this place of the context's members: a number that is not NaN, zero or more.</summary>
    double CostOf(in PickContext context, int place);
}

/// <summary>Costs with what shares by them need.</summary>
internal interface IShareCosts : IMemberCosts
{
    /// <summary>The cost below which all count as it in proportional shares. Asked for by such picks alone, for it may be a sample.</summary>
    double Least { get; }
}

/// <summary>From costs to a pick: the one place for all policies that score.</summary>
/// <remarks>Costs are compared for their weight: cost / weight. No lock, no allocation; generic over the policy's numbers, so that nothing is called through a table.</remarks>
internal static class ScoredPick
{
    internal const uint BetaDraw = 3;
    internal const uint FirstTieDraw = 64;
    internal const int Tries = 64;

    private const double Clearly = 0.999;
    private const double Tiny = 1e-290;

    /// <summary>As the farm's `Pick` says.</summary>
    public static int ByRule<T>(in PickContext context, AliasTable? draws, PickOptions rule, T costs)
        where T : struct, IShareCosts => rule.Pick switch
        {
            PickMode.Best => Best(context, costs),
            PickMode.Proportional => Proportional(context, draws, costs.Least, costs),
            _ => BetterOfTwo(context, draws, rule.Beta, costs),
        };

    /// <summary>The better of two different members drawn by weight. O(1); filtered members: O(n).</summary>
    public static int BetterOfTwo<T>(in PickContext context, AliasTable? draws, double beta, T costs)
        where T : struct, IMemberCosts
    {
        var n = context.Members.Length;
        var first = WeightedDraw.Pick(context, draws, Draw.Bits(context.Seed));
        if (n == 1 || (beta < 1 && Draw.Unit(Draw.Bits(context.Seed, BetaDraw)) >= beta))
        {
            return first;
        }
        // A draw that repeats the first is replaced by one of the others.
        var second = WeightedDraw.Pick(context, draws, Draw.Bits(context.Seed, 1));
        if (second == first)
        {
            second = (first + 1 + Draw.Below(Draw.Bits(context.Seed, 2), n - 1)) % n;
        }
        // Without a table all weigh the same: their members need not be looked at.
        var isBetter = draws is null
            ? IsLessOfEquals(context, second, first, costs)
            : ForWeight(context, second, costs) < ForWeight(context, first, costs);
        return isBetter ? second : first;
    }

    /// <summary>The best of all; equals share by weight. O(n).</summary>
    /// <param name="barred">The place of one member that is not to be picked unless it is alone; -1: none.</param>
    public static int Best<T>(in PickContext context, T costs, int barred = -1)
        where T : struct, IMemberCosts
    {
        var ties = new Ties(context.Seed);
        for (var i = 0; i < context.Members.Length; i++)
        {
            if (i != barred)
            {
                ties.Offer(i, ForWeight(context, i, costs), context.Members[i].EffectiveWeight);
            }
        }
        return Math.Max(0, ties.Best);
    }

    /// <summary>At random, in shares that go as weight / max(cost, least): by drawing until a draw is accepted, O(1) while least is near to the usual cost.</summary>
    /// <param name="least">A cost below it counts as it; unless it is above zero, shares go by weight.</param>
    public static int Proportional<T>(in PickContext context, AliasTable? draws, double least, T costs)
        where T : struct, IMemberCosts
    {
        if (!(least > 0))
        {
            return WeightedDraw.Pick(context, draws, Draw.Bits(context.Seed));
        }
        if (context.IsWhole)
        {
            for (var k = 0U; k < Tries; k++)
            {
                var i = WeightedDraw.Pick(context, draws, Draw.Bits(context.Seed, 2 * k));
                if (Draw.Unit(Draw.Bits(context.Seed, (2 * k) + 1)) * Math.Max(least, costs.CostOf(context, i)) < least)
                {
                    return i;
                }
            }
        }
        return ProportionalScan(context, least, costs);
    }

    /// <summary>The member after which a running sum of worth passes a random point of the total. O(n).</summary>
    private static int ProportionalScan<T>(in PickContext context, double least, T costs)
        where T : struct, IMemberCosts
    {
        // One pass: each member takes the place of the one before with the probability of its part of what was seen.
        var (picked, total) = (0, 0.0);
        for (var i = 0; i < context.Members.Length; i++)
        {
            var worth = context.Members[i].EffectiveWeight / Math.Max(least, costs.CostOf(context, i));
            total += worth;
            if (Draw.Unit(Draw.Bits(context.Seed, FirstTieDraw + (uint)i)) * total < worth)
            {
                picked = i;
            }
        }
        return picked;
    }

    /// <summary>As by <see cref="ForWeight"/>, of members of one weight: it is looked at only where a division by it can make two costs one (their last bits, or numbers near to zero).</summary>
    private static bool IsLessOfEquals<T>(in PickContext context, int place, int than, T costs)
        where T : struct, IMemberCosts
    {
        var (cost, other) = (costs.CostOf(context, place), costs.CostOf(context, than));
        return cost < other && ((other > Tiny && cost < other * Clearly) || cost / context.Members[place].EffectiveWeight < other / context.Members[than].EffectiveWeight);
    }

    internal static double ForWeight<T>(in PickContext context, int place, T costs)
        where T : struct, IMemberCosts => costs.CostOf(context, place) / context.Members[place].EffectiveWeight;

    /// <summary>The least score so far, equals drawn by weight as they come.</summary>
    internal struct Ties(ulong seed)
    {
        private double _least = double.PositiveInfinity;
        private double _weight;
        private uint _draw = FirstTieDraw;

        public int Best { get; private set; } = -1;

        public void Offer(int place, double score, double weight)
        {
            if (score < _least || Best < 0)
            {
                (Best, _least, _weight, _draw) = (place, score, weight, FirstTieDraw);
            }
            else if (score == _least)
            {
                _weight += weight;
                if (Draw.Unit(Draw.Bits(seed, _draw++)) * _weight < weight)
                {
                    Best = place;
                }
            }
        }
    }
}
