namespace Athena.Engine.Policies.Expressions;

/// <summary>What operators make of numbers, for constants: what <see cref="FormulaCompiler"/> makes of everything else gives the same, bit for bit.</summary>
internal static class Folding
{
    /// <summary>Neither zero nor NaN.</summary>
    public static bool IsTrue(double x) => x is < 0 or > 0;

    public static double Of(Operator op, double x) => op == Operator.Negate ? -x : Of(!IsTrue(x));

    public static double Of(Operator op, double x, double y) => op switch
    {
        Operator.Add => x + y,
        Operator.Subtract => x - y,
        Operator.Multiply => x * y,
        Operator.Divide => x / y,
        Operator.Equal => Of(x == y),
        Operator.NotEqual => Of(x != y),
        Operator.Less => Of(x < y),
        Operator.LessOrEqual => Of(x <= y),
        Operator.Greater => Of(x > y),
        Operator.GreaterOrEqual => Of(x >= y),
        Operator.And => Of(IsTrue(x) && IsTrue(y)),
        _ => Of(IsTrue(x) || IsTrue(y)),
    };

    private static double Of(bool condition) => condition ? 1 : 0;
}
