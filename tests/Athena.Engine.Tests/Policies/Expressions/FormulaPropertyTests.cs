using Athena.Engine.Policies.Expressions;
using CsCheck;

namespace Athena.Engine.Tests.Policies.Expressions;

public class FormulaPropertyTests
{
    private const double Absent = double.NaN;

    [Fact]
    public void A_formula_printed_read_and_compiled_gives_the_same_number_bit_for_bit()
    {
        var (same, refused) = (0, 0);
        Gen.Int.Sample(seed =>
        {
            var random = new Random(seed);
            var formula = RandomFormula.Make(random, depth: 5);
            var text = formula.Print(random);
            var parser = new Parser(text);
            if (parser.Parse() is not { } root)
            {
                // What constants cannot give is refused, and nothing else.
                Assert.True(parser.Fault!.Message is "division by zero" or "this constant is not a finite number" || parser.Fault.Message.StartsWith("more than", StringComparison.Ordinal), $"{text}: {parser.Fault}");
                Interlocked.Increment(ref refused);
                return;
            }
            var compiled = Formula.Compile(root, RaiseRule.None);
            for (var k = 0; k < 5; k++)
            {
                var numbers = "abcd".ToDictionary(c => c.ToString(), _ => random.Next(5) switch { 0 => Absent, 1 => 0, 2 => random.Next(5), 3 => 1e18, _ => random.NextDouble() * 100 });
                double Of(string name, bool orAbsent) => numbers[name] is var n && double.IsNaN(n) && !orAbsent ? 7 : n;
                var row = new double[compiled.RowLength];
                foreach (var slot in compiled.Slots)
                {
                    row[slot.At] = Of(slot.Name, slot.OrAbsent);
                }
                var (expected, actual) = (formula.Value(Of, orAbsent: false), compiled.Evaluate(row, 0, 0, 0));
                Assert.True(BitConverter.DoubleToInt64Bits(expected) == BitConverter.DoubleToInt64Bits(actual) || (double.IsNaN(expected) && double.IsNaN(actual)),
                    $"{text} with {string.Join(", ", numbers)}: {expected:R}, compiled {actual:R}");
            }
            Interlocked.Increment(ref same);
        }, iter: 1000, threads: 1);
        Assert.True(same > refused, $"{same} compared, {refused} refused");
    }

    [Fact]
    public void A_direction_that_is_told_is_true() => Gen.Int.Sample(seed =>
    {
        var random = new Random(seed);
        var formula = RandomFormula.Make(random, depth: 3);
        if (new Parser(formula.Print(random)).Parse() is not { } root)
        {
            return;
        }
        var direction = Directions.Of(root, i => i.Name == "a");
        for (var k = 0; k < 20 && direction != Direction.Mixed; k++)
        {
            var numbers = "abcd".ToDictionary(c => c.ToString(), _ => random.Next(3) == 0 ? random.Next(3) : random.NextDouble() * 10);
            Func<string, bool, double> With(double a) => (name, _) => name == "a" ? a : numbers[name];
            var (one, other) = (random.NextDouble() * 10, random.NextDouble() * 10);
            var (less, more) = (With(Math.Min(one, other)), With(Math.Max(one, other)));
            var (low, high) = (formula.Value(less, orAbsent: false), formula.Value(more, orAbsent: false));
            // With an infinity or NaN on the way nothing is promised.
            if (formula.IsFinite(less) && formula.IsFinite(more))
            {
                // Rounding may tip a comparison or the last digits the other way.
                var slack = 1e-9 * (1 + Math.Abs(low) + Math.Abs(high));
                Assert.True((direction.HasFlag(Direction.Up) || high <= low + slack) && (direction.HasFlag(Direction.Down) || high >= low - slack), $"{formula}: {direction}, {low} to {high}");
            }
        }
    }, iter: 5000, threads: 1);

    [Fact]
    public void A_million_random_inputs_and_mutations_are_read_or_refused_in_bounded_work()
    {
        string[] words = ["cpu", "jobs", "in_flight", "min(", "max(", "label(", "stat(", "farm_max(", "coalesce(", "'a'", "\"", "0", "1.5", "1e", ".", "==", "!=", "<", "&&", "||", "!", "-", "+", "*", "/", "(", ")", ",", "?", ":", " ", "=", "\u00e9", "\ud800", "\0"];
        string[] good =
        [
            "0.6*cpu + 0.4*(jobs/capacity) + 5*(age > 10)", "min(cpu, max(jobs, 3)) / farm_median(cpu + 1)", "label(\"zone\") == 'a' ? 1 : coalesce(x, 5)",
            "clamp(pow(a, 2), 0, sqrt(b)) + log(exp(!c)) - -d * stat('0cus')", "rps_fractional / (cpu_utilization + eps / rps_fractional * 1)",
        ];
        var seed = Environment.TickCount;
        var random = new Random(seed);
        var buffer = new char[8192];
        var read = 0;
        for (var n = 0; n < 1_000_000; n++)
        {
            var text = (n % 4) switch
            {
                0 => Soup(words, random, buffer),
                1 => Noise(random, buffer),
                _ => Mutation(good[random.Next(good.Length)], random, buffer),
            };
            var parser = new Parser(text);
            var isRead = parser.Parse() is not null;
            read += isRead ? 1 : 0;
            if (isRead == (parser.Fault is not null) || parser.Steps > text.Length + 1 || (!isRead && (parser.Fault!.Column < 1 || parser.Fault.Column > text.Length + 1 || parser.Fault.Message.Length is 0 or > 300)))
            {
                Assert.Fail($"seed {seed}, input {n}, '{text}': {parser.Fault}, {parser.Steps} steps");
            }
        }
        Assert.InRange(read, 10_000, 900_000); // Both happen.
    }

    [Theory]
    [InlineData("max(a, ", ")")]
    [InlineData("min(-1, ", ")")]
    [InlineData("farm_max(", " + a)")]
    [InlineData("coalesce(a, ", ")")]
    [InlineData("(a/(b - ", "))")]
    [InlineData("(a < ", ")")]
    [InlineData("a ? 1 : ", "")]
    public void The_deepest_formula_compiles(string open, string close)
    {
        // Work that doubled with each level would never end.
        var depth = 60 / open.Count(c => c is '(' or '?');
        var text = string.Concat(Enumerable.Repeat(open, depth)) + "c" + string.Concat(Enumerable.Repeat(close, depth));
        Assert.Null(ExpressionFault.Of(text));
        var formula = Formula.Compile(new Parser(text).Parse()!, RaiseRule.Cost);
        formula.Evaluate(new double[formula.RowLength], 1, 1, 1);
    }

    private static string Soup(string[] words, Random random, char[] buffer)
    {
        var length = 0;
        for (var k = random.Next(12); k >= 0; k--)
        {
            var word = words[random.Next(words.Length)];
            word.CopyTo(buffer.AsSpan(length));
            length += word.Length;
        }
        return new string(buffer, 0, length);
    }

    private static string Noise(Random random, char[] buffer)
    {
        var length = random.Next(20);
        for (var k = 0; k < length; k++)
        {
            buffer[k] = (char)(random.Next(8) == 0 ? random.Next(65536) : random.Next(32, 127));
        }
        return new string(buffer, 0, length);
    }

    private static string Mutation(string text, Random random, char[] buffer)
    {
        text.CopyTo(buffer);
        var length = text.Length;
        for (var k = random.Next(3); k >= 0; k--)
        {
            var at = random.Next(length);
            switch (random.Next(4))
            {
                case 0:
                    buffer[at] = (char)random.Next(32, 127);
                    break;
                case 1:
                    buffer.AsSpan(at + 1, --length - at).CopyTo(buffer.AsSpan(at));
                    break;
                case 2:
                    (buffer[at], buffer[random.Next(length)]) = (buffer[random.Next(length)], buffer[at]);
                    break;
                default:
                    buffer.AsSpan(0, length).CopyTo(buffer.AsSpan(at));
                    length += at;
                    break;
            }
        }
        return new string(buffer, 0, length);
    }
}
