using System.Collections.Concurrent;
using Athena.Engine.Explaining;

namespace Athena.Engine.Policies.Expressions;

/// <summary>Picks by a formula over statistics: the least cost or the highest worth, for the member's weight.</summary>
/// <remarks>
/// What a formula may say: docs/expressions.md. What its numbers stand at by now is <see cref="ScoreTable"/>'s business, the way from scores to a pick
/// <see cref="ScoredPick"/>'s. Two choices and proportional: O(1). Best: O(n), by SIMD.
/// </remarks>
internal sealed class ExpressionPolicy : IBalancingPolicy
{
    /// <summary>Formulas kept compiled; with more they are compiled again at the next change.</summary>
    private const int MaxKept = 1024;

    // Not a state: what the same text gives, kept because a change of any member's state binds the farm's policy again.
    private readonly ConcurrentDictionary<(string Score, RaiseRule Rule), Formula> _formulas = new();

    public string Name => "expression";

    public object? ReadOptions(PolicyParameters parameters)
    {
        var reads = parameters.OneOf("Reads", ScoreReading.Cost);
        var load = LoadOptions.Read(parameters, []);
        var score = parameters.Text("Score", "");
        var rule = !double.IsNaN(load.HandOutCost) ? RaiseRule.None : reads == ScoreReading.Worth ? RaiseRule.Worth : RaiseRule.Cost;
        if (_formulas.TryGetValue((score, rule), out var formula))
        {
            return new ExpressionOptions(formula, reads, load);
        }
        var parser = new Parser(score);
        if (parser.Parse() is not { } root)
        {
            parameters.Fault("Score", parser.Fault!.ToString(), parser.Fault.Column);
            return null;
        }
        if (_formulas.Count >= MaxKept)
        {
            _formulas.Clear();
        }
        return new ExpressionOptions(_formulas.GetOrAdd((score, rule), _ => Formula.Compile(root, rule)), reads, load);
    }

    public object? Prepare(PolicySetup setup) => new ScoreTable(setup, (ExpressionOptions)setup.Options!);

    public int Pick(in PickContext context) => ((ScoreTable)context.Prepared!).Pick(context);

    public void Explain(in PickContext context, PickTrace trace) => ((ScoreTable)context.Prepared!).Explain(context, trace);
}
