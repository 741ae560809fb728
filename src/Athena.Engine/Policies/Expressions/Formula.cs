namespace Athena.Engine.Policies.Expressions;

/// <summary>A formula of one member: of its numbers, how often it was chosen, the hand-outs that raise its statistics, and what it has in flight.</summary>
/// <remarks>Hand-outs are counted from one mark a member (<see cref="ScoreRows.LeadOf"/>): a statistic of another report has in its row how many more or fewer are its own.</remarks>
internal delegate double Evaluator(double[] row, double chosen, double handOuts, double inFlight);

/// <summary>Which statistics hand-outs raise before a formula is evaluated: those of which more is worse.</summary>
internal enum RaiseRule
{
    /// <summary>None: what a hand-out costs is set.</summary>
    None,

    /// <summary>The formula is a cost.</summary>
    Cost,

    /// <summary>The formula is a worth.</summary>
    Worth,
}

/// <summary>A number that a formula reads, and where it stands in a member's row.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Name">How the expression calls it.</param>
/// <param name="At">Its place in the row. A raised one has three: the number, what a hand-out adds, and the hand-outs from its report to the member's mark.</param>
/// <param name="OrAbsent">Whether an absent number is NaN, not the median.</param>
/// <param name="IsRaised">Whether hand-outs raise it.</param>
/// <param name="Statistic">Its place among <see cref="Formula.Statistics"/>; -1: it is none.</param>
/// <param name="Inner">Of an aggregate: what is taken over the members.</param>
/// <param name="Texts">Of a comparison of texts: its sides.</param>
internal sealed record Slot(InputKind Kind, string Name, int At, bool OrAbsent, bool IsRaised, int Statistic, Evaluator? Inner, (TextNode Left, TextNode Right)? Texts)
{
    /// <summary>The number as the formula sees it; <see cref="FormulaCompiler"/> reads it the same way.</summary>
    public double Of(double[] row, double chosen, double handOuts, double inFlight) => Kind switch
    {
        InputKind.InFlight => inFlight,
        InputKind.SinceReport => Math.Max(0, chosen - row[At]),
        _ when IsRaised => row[At] + (row[At + 1] * (handOuts + row[At + 2])) is var number && number < 0 ? 0 : number,
        _ => row[At],
    };
}

/// <summary>An expression, compiled: parsed once, evaluated without allocation, without exceptions.</summary>
internal sealed class Formula
{
    private Formula(FormulaCompiler compiler, Evaluator evaluate, bool isRaised, bool countsHandOuts, bool countsLeases)
    {
        Evaluate = evaluate;
        Slots = [.. compiler.Slots];
        Statistics = [.. compiler.Statistics];
        RowLength = compiler.RowLength;
        IsRaised = isRaised;
        CountsHandOuts = countsHandOuts;
        CountsLeases = countsLeases;
        UsesWeight = Slots.Any(s => s.Kind == InputKind.Weight);
        NeedsReports = Slots.Any(s => s is { Statistic: >= 0, OrAbsent: false });
    }

    public Evaluator Evaluate { get; }

    /// <summary>What it reads; an aggregate after what it rests on.</summary>
    public Slot[] Slots { get; }

    /// <summary>Names of the statistics it reads.</summary>
    public string[] Statistics { get; }

    public int RowLength { get; }

    /// <summary>Whether hand-outs raise statistics in it; else, if at all, its score.</summary>
    public bool IsRaised { get; }

    /// <summary>Whether the score gets worse by itself with hand-outs since the report.</summary>
    public bool CountsHandOuts { get; }

    /// <summary>Whether the score gets worse by itself with open leases.</summary>
    public bool CountsLeases { get; }

    /// <summary>Whether the formula says itself what a weight is worth.</summary>
    public bool UsesWeight { get; }

    /// <summary>Whether it means nothing before anybody has reported.</summary>
    public bool NeedsReports { get; }

    /// <summary>Compiles a good expression.</summary>
    public static Formula Compile(Node root, RaiseRule rule)
    {
        var worse = rule == RaiseRule.Worth ? Direction.Down : Direction.Up;
        Direction Of(Predicate<InputNode> input) => Directions.Of(root, input);
        var names = FormulaCompiler.StatisticsOf(root);
        var directions = names.ToDictionary(n => n, n => Of(i => i.Kind == InputKind.Statistic && i.Name == n));
        var raised = rule == RaiseRule.None || directions.ContainsValue(Direction.Mixed) ? []
            : directions.Where(d => d.Value == worse).Select(d => d.Key).ToHashSet();
        var compiler = new FormulaCompiler(names, raised);
        var evaluate = compiler.Compile(root);
        return new Formula(compiler, evaluate, raised.Count > 0, Of(i => i.Kind == InputKind.SinceReport) == worse, Of(i => i.Kind == InputKind.InFlight) == worse);
    }
}
