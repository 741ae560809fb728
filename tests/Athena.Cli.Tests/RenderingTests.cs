using Athena.Cli.Output;
using Athena.V1;
using CsCheck;
using Google.Protobuf.WellKnownTypes;

namespace Athena.Cli.Tests;

public sealed class RenderingTests
{
    [Fact]
    public async Task Plain_tables_are_aligned_columns_without_marks()
    {
        var terminal = new TestTerminal();
        var grid = new Grid("A", "LONG");
        grid.Add("xyz", "");
        grid.Add("x", new Cell("bad", Tone.Bad));
        await grid.WriteAsync(terminal.Terminal);
        Assert.Equal(["A    LONG", "xyz  -", "x    bad", ""], terminal.Out.Split(Environment.NewLine));
    }

    [Fact]
    public async Task On_a_terminal_a_table_is_drawn_and_text_is_never_markup()
    {
        var terminal = new TestTerminal(isRich: true);
        var grid = new Grid("NAME");
        grid.Add("[red]not markup[/]");
        await grid.WriteAsync(terminal.Terminal);
        Assert.Contains("╭", terminal.Console.Output, StringComparison.Ordinal);
        Assert.Contains("[red]not markup[/]", terminal.Console.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Texts_of_others_cannot_steer_the_terminal()
    {
        Assert.Equal("?[31mred? line?", Terminal.Clean("\e[31mred\n line\u202e"));
        Gen.String.Sample(text => !Terminal.Clean(text).Any(char.IsControl));
    }

    [Fact]
    public void A_cause_says_who_why_and_until()
    {
        var cause = new Cause { Kind = CauseKind.Off, Actor = "ann", Reason = "disk", Farm = "web", UntilTime = Timestamp.FromDateTimeOffset(new DateTimeOffset(2026, 11, 22, 14, 0, 0, TimeSpan.Zero)) };
        Assert.Equal("off in web by ann: disk, until 14:00:00", Words.Of(cause, new TestTerminal().Time));
        Assert.Equal("check failed: timeout", Words.Of(new Cause { Kind = CauseKind.CheckFailed, Actor = "athena", Reason = "timeout" }, new TestTerminal().Time));
    }
}
