using System.Diagnostics;
using System.Globalization;
using Athena.Engine.Policies;
using Athena.Engine.Policies.Expressions;

namespace Athena.Benchmarks;

/// <summary>The least time of many rounds of some microseconds: what a formula costs when nobody disturbs, on a machine where somebody always does.</summary>
internal static class LeastTimes
{
    /// <summary>The argument that asks for it.</summary>
    public const string Argument = "--least";

    private const int WarmUp = 2000;
    private const int Rounds = 10_000;
    private const int Members = 1000;

    public static void Print()
    {
        var table = (ScoreTable)Fleets.Hold(Fleets.Make(Fleets.ExpressionTwoChoices, 100)).Current.Farms[0].Groups[0].Prepared!;
        foreach (var rule in new[] { RaiseRule.None, RaiseRule.Cost })
        {
            var formula = Formula.Compile(new Parser(Fleets.TenTerms).Parse()!, rule);
            double[] row = [.. Enumerable.Range(1, formula.RowLength).Select(n => (double)n)];
            Print(rule == RaiseRule.None ? "ten terms, as reported" : "ten terms, raised by hand-outs", 1000, i => formula.Evaluate(row, i, i, 3));
        }
        Print("a member's score", 100, table.ScoreOf);
        Print("a member's report", 100, i => { table.Reported(i); return 0; });
        foreach (var policy in new[] { Fleets.Random, Fleets.LeastLoadTwoChoices, Fleets.ExpressionTwoChoices, Fleets.LeastLoadProportional, Fleets.ExpressionProportional, Fleets.LeastLoadBest, Fleets.ExpressionBest })
        {
            var farm = Fleets.Hold(Fleets.Make(policy, Members)).Current.Farms[0];
            var group = farm.Groups[0];
            var seed = 0UL;
            Print($"{policy}, {Members} members", policy.EndsWith("best", StringComparison.Ordinal) ? 20 : 200, _ => farm.Policy.Pick(new PickContext(group.Array, isWhole: true, group.Prepared, farm.PolicyOptions, Draw.Bits(seed++), sequence: null)));
        }
    }

    private static void Print(string what, int operations, Func<int, double> operation)
    {
        var (least, sum) = (long.MaxValue, 0.0);
        for (var round = -WarmUp; round < Rounds; round++)
        {
            var start = Stopwatch.GetTimestamp();
            for (var i = 0; i < operations; i++)
            {
                sum += operation(i);
            }
            least = round < 0 ? least : Math.Min(least, Stopwatch.GetTimestamp() - start);
        }
        GC.KeepAlive(sum);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{what,-45}{least * 1e9 / Stopwatch.Frequency / operations,8:F1} ns"));
    }
}
