using Athena.Engine.Policies.Expressions;

namespace Athena.Engine.Tests.Policies.Expressions;

public class ParserTests
{
    [Theory]
    [InlineData("1 + 2 * 3", 7)]
    [InlineData("(1 + 2) * 3", 9)]
    [InlineData("10 - 4 - 3", 3)] // to the left
    [InlineData("100 / 10 / 5", 2)]
    [InlineData("2 * 6 / 3", 4)]
    [InlineData("-2 * 3", -6)]
    [InlineData("2 - -3", 5)]
    [InlineData("--2", 2)]
    [InlineData("!0 + 1", 2)] // (!0) + 1
    [InlineData("!5", 0)]
    [InlineData("!!5", 1)]
    [InlineData("1 + 1 < 3", 1)]
    [InlineData("2 > 1 == 1", 1)] // (2 > 1) == 1
    [InlineData("1 == 2 || 3 == 3 && 0", 0)] // && before ||
    [InlineData("1 || 0 && 0", 1)]
    [InlineData("0 ? 1 : 0 ? 2 : 3", 3)] // to the right
    [InlineData("1 ? 2 : 0 ? 3 : 4", 2)]
    [InlineData("1 ? 0 ? 5 : 6 : 7", 6)]
    [InlineData("5 * (11 > 10)", 5)]
    [InlineData("1e3 + 1.5e-1 + 2.", 1002.15)]
    [InlineData("3 <= 3", 1)]
    [InlineData("3 >= 4", 0)]
    [InlineData("3 != 4", 1)]
    [InlineData("\t1\r\n+ 1 ", 2)]
    [InlineData("'a' == \"a\"", 1)]
    [InlineData("'a' != 'b'", 1)]
    public void Operators_bind_as_in_C(string text, double expected) => Assert.Equal(expected, Value(text));

    [Theory]
    [InlineData("min(3, 1, 2)", 1)]
    [InlineData("max(3, 1, 2)", 3)]
    [InlineData("abs(-2.5)", 2.5)]
    [InlineData("sqrt(9)", 3)]
    [InlineData("log(exp(2))", 2)]
    [InlineData("exp(0)", 1)]
    [InlineData("pow(2, 10)", 1024)]
    [InlineData("clamp(15, 0, 10)", 10)]
    [InlineData("clamp(-1, 0, 10)", 0)]
    [InlineData("clamp(5, 0, 10)", 5)]
    [InlineData("clamp(5, 10, 0)", 0)] // The upper bound has the last word; nothing is thrown.
    [InlineData("coalesce(4, 5)", 4)]
    [InlineData("farm_median(3)", 3)]
    [InlineData("farm_max(3)", 3)]
    public void Functions_are_what_they_say(string text, double expected) => Assert.Equal(expected, Value(text), 1e-12);

    [Theory]
    [InlineData("", 1, "the expression is empty; write a formula such as 0.6*cpu + 0.4*jobs/capacity")]
    [InlineData("   ", 1, "the expression is empty")]
    [InlineData("cpu +", 6, "expected a number, a name or '(', found the end")]
    [InlineData("cpu jobs", 5, "expected an operator or the end, found 'jobs'")]
    [InlineData("cpu and jobs", 5, "did you mean '&&'?")]
    [InlineData("cpu or jobs", 5, "did you mean '||'?")]
    [InlineData("+cpu", 1, "a number has no '+' before it")]
    [InlineData("(cpu + 1", 9, "expected ')', found the end")]
    [InlineData("cpu + 1)", 8, "')' closes nothing")]
    [InlineData("cpu ? 1", 8, "expected ':', found the end")]
    [InlineData("score = cpu", 7, "'=' is no operator; to compare write '=='")]
    [InlineData("cpu & 1", 5, "did you mean '&&'?")]
    [InlineData("cpu | 1", 5, "did you mean '||'?")]
    [InlineData("cpu ^ 2", 5, "a power is pow(x, y)")]
    [InlineData("cpu % 2", 5, "'%' is no operator")]
    [InlineData("cpu; jobs", 4, "one formula, without ';'")]
    [InlineData("cpu[0]", 4, "group with '(' and ')'")]
    [InlineData("{cpu}", 1, "group with '(' and ')'")]
    [InlineData(".5", 1, "a number needs a digit before its point")]
    [InlineData("$cpu", 1, "a statistic is named without '$'")]
    [InlineData("cpu + \u0000", 7, "the character U+0000 has no meaning here")]
    [InlineData("größe", 3, "'ö' has no meaning here")]
    [InlineData("0cus * 2", 1, "a statistic whose name begins with a digit is written stat(\"0cus\")")]
    [InlineData("1.2.3", 1, "not a number")]
    [InlineData("1e999", 1, "the number is too large")]
    [InlineData("2 + 'a", 5, "the text that begins here has no closing '")]
    [InlineData("mn(1, 2)", 1, "no function 'mn'; did you mean 'min'?")]
    [InlineData("1 + farm_medain(cpu)", 5, "no function 'farm_medain'; did you mean 'farm_median'?")]
    [InlineData("labl('zone') == 'a'", 1, "did you mean 'label'?")]
    [InlineData("frobnicate(1)", 1, "no function 'frobnicate'; there are min, max, abs")]
    [InlineData("in_flight(1)", 1, "'in_flight' stands without parentheses")]
    [InlineData("1 + max", 5, "'max' is a function: max(a, b, ...); a statistic of this name is written stat(\"max\")")]
    [InlineData("label", 1, "'label' is a function: label(\"name\")")]
    [InlineData("2*inFlight", 3, "no built-in 'inFlight'; did you mean 'in_flight'? A statistic of this name is written stat(\"inFlight\")")]
    [InlineData("Age > 10", 1, "did you mean 'age'?")]
    [InlineData("min(1)", 1, "min takes at least 2 of numbers, here are 1: min(a, b, ...)")]
    [InlineData("cpu + sqrt(1, 2)", 7, "sqrt takes 1 of numbers, here are 2: sqrt(x)")]
    [InlineData("min()", 1, "here are 0")]
    [InlineData("min(1,)", 7, "expected a number, a name or '(', found ')'")]
    [InlineData("pow(cpu 2)", 9, "expected ')', found '2'")]
    [InlineData("jobs / 0", 8, "division by zero")]
    [InlineData("jobs / (2 - 2)", 9, "division by zero")]
    [InlineData("jobs / -0.0", 8, "division by zero")]
    [InlineData("cpu + log(0)", 7, "this constant is not a finite number")]
    [InlineData("cpu + sqrt(-1)", 7, "this constant is not a finite number")]
    [InlineData("1e308 * 10", 1, "this constant is not a finite number")]
    [InlineData("0 < cpu < 10", 9, "comparisons do not chain; write a < b && b < c")]
    [InlineData("cpu == 1 != 2", 10, "comparisons do not chain")]
    [InlineData("label('zone')", 1, "a text where a number is needed")]
    [InlineData("1 + 'a'", 5, "a text where a number is needed")]
    [InlineData("label('zone') < 'a'", 1, "a text where a number is needed; texts are compared with == or !=")]
    [InlineData("label('zone') == 1", 1, "a text where a number is needed")]
    [InlineData("cpu > 1 ? 'a' : 2", 11, "a text where a number is needed")]
    [InlineData("label(zone) == 'a'", 7, "label(\"name\") takes a name in quotes")]
    [InlineData("stat(5)", 6, "stat(\"name\") takes a name in quotes")]
    [InlineData("stat('a b')", 6, "'a b' is not the name of a statistic: 1 to 64 of letters, digits, '.', '_'")]
    public void A_fault_has_its_column_and_a_hint(string text, int column, string message)
    {
        var fault = ExpressionFault.Of(text);
        Assert.NotNull(fault);
        Assert.Contains(message, fault.Message, StringComparison.Ordinal);
        Assert.Equal(column, fault.Column);
        Assert.Equal($"column {column}: {fault.Message}", fault.ToString());
    }

    [Fact]
    public void Size_and_depth_are_bounded()
    {
        Assert.Null(ExpressionFault.Of("1" + new string(' ', 4095)));
        Assert.Equal(new ExpressionFault(4097, "4097 characters; at most 4096 are taken"), ExpressionFault.Of("1" + new string(' ', 4096)));
        Assert.Null(ExpressionFault.Of(string.Join('+', Enumerable.Repeat("a", 128)))); // 255 nodes
        Assert.Equal(new ExpressionFault(1, "more than 256 numbers, names, operators and functions"), ExpressionFault.Of(string.Join('+', Enumerable.Repeat("a", 129))));
        foreach (var (open, close) in new[] { ("(", ")"), ("abs(", ")"), ("-", ""), ("!", ""), ("1 ? 1 : ", ""), ("farm_max(", ")") })
        {
            string Nested(int depth) => string.Concat(Enumerable.Repeat(open, depth)) + "a" + string.Concat(Enumerable.Repeat(close, depth));
            Assert.Null(ExpressionFault.Of(Nested(63)));
            Assert.Contains("nested deeper than 64", ExpressionFault.Of(Nested(64))!.Message, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("stat(\"0cus\")", "0cus")]
    [InlineData("stat('age')", "age")]
    [InlineData("named_metrics.jobs", "named_metrics.jobs")]
    [InlineData("_x", "_x")]
    public void Names_of_statistics_may_have_points_and_any_may_be_quoted(string text, string name)
    {
        var node = Assert.IsType<InputNode>(new Parser(text).Parse());
        Assert.Equal((InputKind.Statistic, name), (node.Kind, node.Name));
    }

    [Fact]
    public void Constants_are_folded()
    {
        var node = Assert.IsType<BinaryNode>(new Parser("cpu * (2 + 3 * 4)").Parse());
        Assert.Equal(14, Assert.IsType<Constant>(node.Right).Value);
    }

    private static double Value(string text)
    {
        var parser = new Parser(text);
        var node = parser.Parse();
        Assert.True(node is not null, parser.Fault?.ToString());
        return Formula.Compile(node, RaiseRule.None) is var formula && formula.Slots is [{ Kind: InputKind.SameText, Texts: var (a, b) }]
            ? formula.Evaluate([a.Text == b.Text ? 1 : 0], 0, 0, 0)
            : formula.Evaluate(new double[formula.RowLength], 0, 0, 0);
    }
}
