using Athena.Engine.Policies;

namespace Athena.Engine.Explaining;

/// <summary>From costs to a pick, told step by step: what <see cref="ScoredPick"/> does, on numbers that stand still.</summary>
internal static class ScoredTrace
{
    /// <summary>Each member's score: cost for its weight.</summary>
    public static void Score<T>(this PickTrace trace, in PickContext context, T costs)
        where T : struct, IMemberCosts
    {
        for (var i = 0; i < context.Members.Length; i++)
        {
            trace.Score(i, ScoredPick.ForWeight(context, i, costs));
        }
    }

    /// <summary>What <see cref="ScoredPick.ByRule"/> does.</summary>
    public static void ByRule<T>(this PickTrace trace, in PickContext context, AliasTable? draws, PickOptions rule, T costs)
        where T : struct, IShareCosts
    {
        trace.Score(context, costs);
        switch (rule.Pick)
        {
            case PickMode.Best:
                trace.Best(context, costs);
                break;
            case PickMode.Proportional:
                trace.Proportional(context, draws, costs.Least, costs);
                break;
            default:
                trace.BetterOfTwo(context, draws, rule.Beta);
                break;
        }
    }

    public static void ByWeight(this PickTrace trace, in PickContext context, AliasTable? draws)
    {
        trace.Rule = "weight";
        trace.Drawn(context, draws, Draw.Bits(context.Seed), "first");
    }

    public static void BetterOfTwo(this PickTrace trace, in PickContext context, AliasTable? draws, double beta)
    {
        trace.Rule = "two_choices";
        var n = context.Members.Length;
        var first = trace.Drawn(context, draws, Draw.Bits(context.Seed), "first");
        if (n == 1)
        {
            return;
        }
        if (beta < 1)
        {
            var bits = Draw.Bits(context.Seed, ScoredPick.BetaDraw);
            trace.Threshold = beta;
            trace.Step("beta", bits);
            if (Draw.Unit(bits) >= beta)
            {
                return;
            }
        }
        if (trace.Drawn(context, draws, Draw.Bits(context.Seed, 1), "second") == first)
        {
            var bits = Draw.Bits(context.Seed, 2);
            trace.Step("other", bits, (first + 1 + Draw.Below(bits, n - 1)) % n);
        }
    }

    public static void Best<T>(this PickTrace trace, in PickContext context, T costs)
        where T : struct, IMemberCosts => trace.Best(context, costs, board: null);

    /// <param name="board">Scores that the pick went by, while any is finite; null: the costs themselves.</param>
    public static void Best<T>(this PickTrace trace, in PickContext context, T costs, ScoreBoard? board)
        where T : struct, IMemberCosts
    {
        trace.Rule = "best";
        var scores = new double[context.Members.Length];
        for (var i = 0; i < scores.Length && board is not null; i++)
        {
            scores[i] = board[context.Members[i].Index];
        }
        var isOnBoard = board is not null && !Array.TrueForAll(scores, double.IsPositiveInfinity);
        scores = isOnBoard ? scores : Scores(context, costs);
        for (var i = 0; i < scores.Length; i++)
        {
            trace.Score(i, scores[i]);
        }
        if (!isOnBoard || !context.IsWhole)
        {
            trace.Ties(context, [.. Enumerable.Range(0, scores.Length)], scores);
        }
        else if (scores.Count(s => s == scores.Min()) > 1)
        {
            trace.Step("equals", Draw.Bits(context.Seed, ScoredPick.FirstTieDraw));
        }
    }

    /// <summary>The draws between those of the least score.</summary>
    public static void Ties(this PickTrace trace, in PickContext context, ReadOnlySpan<int> places, ReadOnlySpan<double> scores)
    {
        var least = double.PositiveInfinity;
        foreach (var score in scores)
        {
            least = Math.Min(least, score);
        }
        var draw = ScoredPick.FirstTieDraw;
        var isFirst = true;
        for (var k = 0; k < places.Length; k++)
        {
            if (scores[k] != least)
            {
                continue;
            }
            if (!isFirst)
            {
                trace.Step("tie", Draw.Bits(context.Seed, draw++), places[k]);
            }
            isFirst = false;
        }
    }

    public static void Proportional<T>(this PickTrace trace, in PickContext context, AliasTable? draws, double least, T costs)
        where T : struct, IMemberCosts
    {
        if (!(least > 0))
        {
            trace.ByWeight(context, draws);
            return;
        }
        (trace.Rule, trace.Threshold) = ("proportional", least);
        if (context.IsWhole)
        {
            for (var k = 0U; k < ScoredPick.Tries; k++)
            {
                var i = trace.Drawn(context, draws, Draw.Bits(context.Seed, 2 * k), "first");
                var accept = Draw.Bits(context.Seed, (2 * k) + 1);
                trace.Step("accept", accept, i);
                if (Draw.Unit(accept) * Math.Max(least, costs.CostOf(context, i)) < least)
                {
                    return;
                }
            }
        }
        for (var i = 0; i < context.Members.Length; i++)
        {
            trace.Step("share", Draw.Bits(context.Seed, ScoredPick.FirstTieDraw + (uint)i), i);
        }
    }

    private static double[] Scores<T>(in PickContext context, T costs)
        where T : struct, IMemberCosts
    {
        var scores = new double[context.Members.Length];
        for (var i = 0; i < scores.Length; i++)
        {
            scores[i] = ScoredPick.ForWeight(context, i, costs);
        }
        return scores;
    }
}
