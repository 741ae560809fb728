namespace Athena.Engine.Policies.Expressions;

internal enum FunctionKind
{
    Min,
    Max,
    Abs,
    Sqrt,
    Log,
    Exp,
    Pow,
    Clamp,
    Coalesce,
}

/// <summary>A function of an expression: its name, and how many arguments it takes.</summary>
internal sealed record Function(string Name, FunctionKind Kind, int Least, int Most, string Usage)
{
    private const int Any = Parser.MaxNodes;

    public static IReadOnlyList<Function> All { get; } =
    [
        new("min", FunctionKind.Min, 2, Any, "min(a, b, ...)"),
        new("max", FunctionKind.Max, 2, Any, "max(a, b, ...)"),
        new("abs", FunctionKind.Abs, 1, 1, "abs(x)"),
        new("sqrt", FunctionKind.Sqrt, 1, 1, "sqrt(x)"),
        new("log", FunctionKind.Log, 1, 1, "log(x)"),
        new("exp", FunctionKind.Exp, 1, 1, "exp(x)"),
        new("pow", FunctionKind.Pow, 2, 2, "pow(x, y)"),
        new("clamp", FunctionKind.Clamp, 3, 3, "clamp(x, low, high)"),
        new("coalesce", FunctionKind.Coalesce, 2, Any, "coalesce(a, b, ...)"),
    ];

    /// <summary>Names that take parentheses and are no function of numbers, each with its form.</summary>
    public static IReadOnlyDictionary<string, string> Forms { get; } = new Dictionary<string, string>
    {
        ["label"] = "label(\"name\")",
        ["stat"] = "stat(\"name\")",
        ["farm_median"] = "farm_median(x)",
        ["farm_max"] = "farm_max(x)",
    };

    /// <summary>Names that stand by themselves.</summary>
    public static IReadOnlyDictionary<string, InputKind> BuiltIns { get; } = new Dictionary<string, InputKind>
    {
        ["in_flight"] = InputKind.InFlight,
        ["since_report"] = InputKind.SinceReport,
        ["weight"] = InputKind.Weight,
        ["age"] = InputKind.Age,
        ["latency"] = InputKind.Latency,
        ["error_rate"] = InputKind.ErrorRate,
        ["rate"] = InputKind.Rate,
    };

    public static Function? Find(ReadOnlySpan<char> name)
    {
        foreach (var function in All)
        {
            if (name.SequenceEqual(function.Name))
            {
                return function;
            }
        }
        return null;
    }

    /// <summary>The function of these numbers.</summary>
    public double Of(ReadOnlySpan<double> x)
    {
        switch (Kind)
        {
            case FunctionKind.Abs:
                return Math.Abs(x[0]);
            case FunctionKind.Sqrt:
                return Math.Sqrt(x[0]);
            case FunctionKind.Log:
                return Math.Log(x[0]);
            case FunctionKind.Exp:
                return Math.Exp(x[0]);
            case FunctionKind.Pow:
                return Math.Pow(x[0], x[1]);
            case FunctionKind.Clamp:
                return Math.Min(Math.Max(x[0], x[1]), x[2]);
            case FunctionKind.Coalesce:
                foreach (var number in x)
                {
                    if (!double.IsNaN(number))
                    {
                        return number;
                    }
                }
                return double.NaN;
            default:
                var result = x[0];
                foreach (var number in x[1..])
                {
                    result = Kind == FunctionKind.Min ? Math.Min(result, number) : Math.Max(result, number);
                }
                return result;
        }
    }
}
