using System.Globalization;

namespace Athena.Engine.Tests.Policies.Expressions;

/// <summary>A formula made at random, its text, and its value by a reading of its own: what the compiled one is held against.</summary>
internal abstract record RandomFormula
{
    private static readonly string[] Binary = ["||", "&&", "==", "!=", "<", "<=", ">", ">=", "+", "-", "*", "/"];
    private static readonly int[] Levels = [1, 2, 3, 3, 4, 4, 4, 4, 5, 5, 6, 6];

    private static readonly (string, int, int)[] Functions =
        [("min", 2, 4), ("max", 2, 4), ("abs", 1, 1), ("sqrt", 1, 1), ("log", 1, 1), ("exp", 1, 1), ("pow", 2, 2), ("clamp", 3, 3), ("coalesce", 2, 4)];

    private const int Conditional = 0;
    private const int Prefix = 7;
    private const int Atom = 8;

    protected abstract int Level { get; }

    public abstract double Value(Func<string, bool, double> statistic, bool orAbsent);

    /// <summary>What it is made of, one level down.</summary>
    protected virtual IEnumerable<RandomFormula> Parts => [];

    /// <summary>Whether it and all that it is made of is a finite number.</summary>
    public bool IsFinite(Func<string, bool, double> statistic) => double.IsFinite(Value(statistic, orAbsent: false)) && Parts.All(p => p.IsFinite(statistic));

    protected abstract string Text(Random random);

    /// <summary>The text, with blanks and needless parentheses at random.</summary>
    public string Print(Random random, int least = Conditional)
    {
        var text = Text(random);
        if (Level < least || random.Next(10) == 0)
        {
            text = $"({text})";
        }
        return random.Next(4) == 0 ? $" {text} " : text;
    }

    public static RandomFormula Make(Random random, int depth)
    {
        switch (depth <= 0 ? random.Next(2) : random.Next(9))
        {
            case 0:
                return new Literal(random.Next(4) switch { 0 => 0, 1 => random.Next(10), 2 => random.NextDouble(), _ => Math.Exp(random.Next(-40, 40)) });
            case 1 or 2:
                return new Name("abcd"[random.Next(4)].ToString());
            case 3:
                return new Before(random.Next(2) == 0, Make(random, depth - 1));
            case 4:
                return new Choice(Make(random, depth - 1), Make(random, depth - 1), Make(random, depth - 1));
            case 5:
                var (name, least, most) = Functions[random.Next(Functions.Length)];
                return new Call(name, [.. Enumerable.Range(0, random.Next(least, most + 1)).Select(_ => Make(random, depth - 1))]);
            default:
                return new Between(random.Next(Binary.Length), Make(random, depth - 1), Make(random, depth - 1));
        }
    }

    private static double Of(bool b) => b ? 1 : 0;

    private static bool Holds(double x) => !double.IsNaN(x) && x != 0;

    private sealed record Literal(double Number) : RandomFormula
    {
        protected override int Level => Atom;

        public override double Value(Func<string, bool, double> statistic, bool orAbsent) => Number;

        protected override string Text(Random random) => Number.ToString("R", CultureInfo.InvariantCulture);
    }

    private sealed record Name(string Statistic) : RandomFormula
    {
        protected override int Level => Atom;

        public override double Value(Func<string, bool, double> statistic, bool orAbsent) => statistic(Statistic, orAbsent);

        protected override string Text(Random random) => random.Next(5) == 0 ? $"stat(\"{Statistic}\")" : Statistic;
    }

    private sealed record Before(bool IsNot, RandomFormula Operand) : RandomFormula
    {
        protected override IEnumerable<RandomFormula> Parts => [Operand];

        protected override int Level => Prefix;

        public override double Value(Func<string, bool, double> statistic, bool orAbsent) =>
            Operand.Value(statistic, orAbsent) is var x && IsNot ? Of(!Holds(x)) : -x;

        protected override string Text(Random random) => (IsNot ? "!" : "-") + Operand.Print(random, Prefix);
    }

    private sealed record Choice(RandomFormula If, RandomFormula Then, RandomFormula Else) : RandomFormula
    {
        protected override IEnumerable<RandomFormula> Parts => [If, Then, Else];

        protected override int Level => Conditional;

        public override double Value(Func<string, bool, double> statistic, bool orAbsent) =>
            (Holds(If.Value(statistic, orAbsent)) ? Then : Else).Value(statistic, orAbsent);

        protected override string Text(Random random) => $"{If.Print(random, 1)}?{Then.Print(random)}:{Else.Print(random)}";
    }

    private sealed record Between(int Operator, RandomFormula Left, RandomFormula Right) : RandomFormula
    {
        protected override IEnumerable<RandomFormula> Parts => [Left, Right];

        protected override int Level => Levels[Operator];

        public override double Value(Func<string, bool, double> statistic, bool orAbsent)
        {
            var (x, y) = (Left.Value(statistic, orAbsent), Right.Value(statistic, orAbsent));
            return Binary[Operator] switch
            {
                "||" => Of(Holds(x) || Holds(y)),
                "&&" => Of(Holds(x) && Holds(y)),
                "==" => Of(x == y),
                "!=" => Of(x != y),
                "<" => Of(x < y),
                "<=" => Of(x <= y),
                ">" => Of(x > y),
                ">=" => Of(x >= y),
                "+" => x + y,
                "-" => x - y,
                "*" => x * y,
                _ => x / y,
            };
        }

        // Comparisons do not chain: the left one needs its parentheses too.
        protected override string Text(Random random) =>
            $"{Left.Print(random, Level is 3 or 4 ? Level + 1 : Level)}{Binary[Operator]}{Right.Print(random, Level + 1)}";
    }

    private sealed record Call(string Function, RandomFormula[] Arguments) : RandomFormula
    {
        protected override IEnumerable<RandomFormula> Parts => Arguments;

        protected override int Level => Atom;

        public override double Value(Func<string, bool, double> statistic, bool orAbsent)
        {
            var isCoalesce = Function == "coalesce";
            var x = Arguments.Select((a, i) => a.Value(statistic, orAbsent || (isCoalesce && i < Arguments.Length - 1))).ToArray();
            return Function switch
            {
                "min" => x.Aggregate(Math.Min),
                "max" => x.Aggregate(Math.Max),
                "abs" => Math.Abs(x[0]),
                "sqrt" => Math.Sqrt(x[0]),
                "log" => Math.Log(x[0]),
                "exp" => Math.Exp(x[0]),
                "pow" => Math.Pow(x[0], x[1]),
                "clamp" => Math.Min(Math.Max(x[0], x[1]), x[2]),
                _ => x.Where(v => !double.IsNaN(v)).DefaultIfEmpty(double.NaN).First(),
            };
        }

        protected override string Text(Random random) => $"{Function}({string.Join(',', Arguments.Select(a => a.Print(random)))})";
    }
}
