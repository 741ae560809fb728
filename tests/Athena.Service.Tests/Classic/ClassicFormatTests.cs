using System.Text;
using Athena.Engine.Farms;
using Athena.Service.Classic;
using CsCheck;

namespace Athena.Service.Tests.Classic;

public sealed class ClassicFormatTests
{
    [Theory]
    [InlineData("%h,%c", "app01,12.5\n")]
    [InlineData("%{host}\\t%{cpu}", "app01\t12.5\n")]
    [InlineData("%%h 100%%", "%h 100%\n")]
    [InlineData("a\\nb", "a\nb\n")]
    [InlineData("\\\\n", "\\n\n")]
    [InlineData("\\x", "\\x\n")]
    [InlineData("%0cus %7cus %{cus1} %m %l %n", "0 7 1 - - -\n")]
    [InlineData("%s %u %i %t %w %r %p", "drain down out 41 2 9 3\n")]
    [InlineData("%F %N %a", "app09 farm_one http://a/\n")]
    [InlineData("%{state} %{health} %{fresh} %{age} %{weight} %{chosen} %{inflight} %{forward} %{farm} %{address}", "drain down out 41 2 9 3 app09 farm_one http://a/\n")]
    [InlineData("%{queue} %{causes} %{available} %{forward-off}", "5 drain+down+out no -\n")]
    public void A_field_is_shown_by_its_code_and_by_its_long_name(string format, string line)
    {
        var text = new StringBuilder();
        ClassicFormat.Parse(format, out _)!.Write(new Sample(), text);
        Assert.Equal(line, text.ToString());
    }

    [Fact]
    public void Without_a_format_the_line_is_the_fixed_one()
    {
        var text = new StringBuilder();
        ClassicFormat.Fixed.Write(new Sample(), text);
        Assert.Equal("app01 drain down out 12.5 - - - 41\n", text.ToString());
    }

    [Theory]
    [InlineData("%", "'%' is not a field")]
    [InlineData("%x", "'%x' is not a field")]
    [InlineData("%f", "'%f' is not a field")]
    [InlineData("%8cus", "'%8' is not a field")]
    [InlineData("%{age", "'%{age' is not a field")]
    [InlineData("%{}", "'%{}' is not a field")]
    [InlineData("%{a b}", "'%{a b}' is not a field")]
    [InlineData("%{format}", "'%{format}' is not a field")]
    [InlineData("", "the format is empty")]
    public void What_is_no_field_is_named(string format, string named)
    {
        Assert.Null(ClassicFormat.Parse(format, out var fault));
        Assert.Equal(400, fault!.HttpStatus);
        Assert.Contains(named, fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Any_text_is_a_format_or_a_fault_and_a_line_ends_with_a_newline() => Gen.String[Gen.OneOf(Gen.Char["%{}\\hcnt0cus"], Gen.Char.AlphaNumeric), 0, 20].Sample(format =>
    {
        if (ClassicFormat.Parse(format, out var fault) is { } parsed)
        {
            var text = new StringBuilder();
            parsed.Write(new Sample(), text);
            return fault is null && text[^1] == '\n';
        }
        return fault is not null;
    });

    [Fact]
    public void Every_field_has_its_own_code_and_name()
    {
        var codes = ClassicField.All.Select(f => f.Code).Where(c => c.Length > 0).ToArray();
        Assert.Equal(["h", "f", "c", "m", "l", "n", "0cus", "1cus", "2cus", "3cus", "4cus", "5cus", "6cus", "7cus", "s", "u", "i", "t", "w", "r", "p", "F", "N", "a"], codes);
        Assert.Equal(ClassicField.All.Count, ClassicField.All.Select(f => f.Name).Distinct().Count());
        Assert.Empty(codes.Intersect(ClassicField.All.Select(f => f.Name)));
    }

    private sealed class Sample : ClassicSubject
    {
        public override string Name => "app01";

        public override AdminState State => AdminState.Drain;

        public override bool IsUp => false;

        public override bool IsIn => false;

        public override bool IsAvailable => false;

        public override TimeSpan? Age => TimeSpan.FromSeconds(41.9);

        public override string? Weight => "2";

        public override long? Chosen => 9;

        public override long? InFlight => 3;

        public override string? Forward => "app09";

        public override string? Farm => "farm_one";

        public override string? Address => "http://a/";

        public override IEnumerable<CauseKind> Causes => [CauseKind.Drain, CauseKind.Down, CauseKind.Out];

        public override double? Statistic(string name) => name switch { "cpu" => 12.5, "cus0" => 0, "cus1" => 1, "cus7" => 7, "queue" => 5, _ => null };
    }
}
