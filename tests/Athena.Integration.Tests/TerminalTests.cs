using Athena.Testing;
using Athena.V1;

namespace Athena.Integration.Tests;

/// <summary>`athena top` and `athena watch` as somebody at a terminal has them.</summary>
public sealed class TerminalTests
{
    private const string CtrlC = "\u0003";
    private const string Long = "b-in-a-datacentre-far-away-with-a-name-that-nobody-can-remember.internal.example";

    public TerminalTests()
    {
        if (PseudoTerminal.Missing is { } tool)
        {
            Assert.False(Environment.GetEnvironmentVariable("ATHENA_CI") == "1", $"{tool} is not installed");
            Assert.Skip($"{tool} is not installed");
        }
    }

    [Fact]
    public async Task Top_shows_changes_sorts_filters_resizes_and_leaves_the_terminal_as_it_was()
    {
        await using var athena = await AthenaHost.WithAsync("web", "a", Long);
        await using var terminal = PseudoTerminal.Start(80, 24, "Athena.Cli", "top", "--service", athena.GrpcAddress.ToString(), "--interval", "200ms", "--timeout", "60s");
        var view = await terminal.UntilAsync(v => v.IsOwn && v.Has("a ", "on up in") && v.Has("b-in-a-datacentre"));
        Assert.True(view.Has("web", "2/2", "round_robin"), $"{view}");
        Assert.False(view.HasCursor);
        await athena.Fleet.SetMemberStateAsync(new() { Server = "a", State = AdminState.Off, Actor = "ann", Reason = "disk swap" });
        view = await terminal.UntilAsync(v => v.Has("a ", "off up in") && v.Has("web", "1/2"));
        Assert.Contains("33", view.Colours);
        Assert.Contains("32", view.Colours);

        await terminal.TypeAsync("/b-in\r");
        view = await terminal.UntilAsync(v => v.Has("1 servers with 'b-in'"));
        Assert.DoesNotContain(view.Lines, l => l.StartsWith("a ", StringComparison.Ordinal));
        await terminal.TypeAsync("\e");
        await terminal.UntilAsync(v => v.Has("2 servers"));
        await terminal.TypeAsync("s");
        view = await terminal.UntilAsync(v => v.Has("SERVER", "STATE▼"));
        Assert.True(Array.FindIndex(view.Lines, l => l.StartsWith("a ", StringComparison.Ordinal)) < Array.FindIndex(view.Lines, l => l.StartsWith("b-in", StringComparison.Ordinal)), $"{view}");
        await terminal.TypeAsync("?");
        await terminal.UntilAsync(v => v.Has("space pause") && v.Has("turn around"));
        await terminal.TypeAsync("?\t");
        await terminal.UntilAsync(v => v.Has("> web") && v.Has("2 servers of web"));

        Assert.True(terminal.View().Has("SERVER", "STATE▼", "IN FLIGHT", "/s", "CAUSES"), $"{terminal.View()}");
        await terminal.ResizeAsync(200, 40);
        view = await terminal.UntilAsync(v => v.Has("a ", "off by ann: disk swap") && v.Has(Long));
        Assert.Contains(view.Lines, l => l.Length > 100);
        await terminal.ResizeAsync(60, 12);
        await terminal.UntilAsync(v => v.Lines.Length <= 12 && v.Lines.All(l => l.Length <= 60) && v.Has("a ", "off up in"));

        await terminal.TypeAsync("q");
        await EndedAsync(terminal);
        Assert.Equal(0, terminal.View().Clears);
    }

    [Fact]
    public async Task Top_waits_for_a_service_that_is_away_and_ends_at_Ctrl_C()
    {
        await using var first = await AthenaHost.WithAsync("web", "a");
        await using var terminal = PseudoTerminal.Start(120, 24, "Athena.Cli", "top", "--service", first.GrpcAddress.ToString(), "--interval", "200ms");
        await terminal.UntilAsync(v => v.IsOwn && v.Has("a ", "on up in"));
        await CliTests.KillAsync(first);
        await terminal.UntilAsync(v => v.Has("trying again") && v.Has("a ", "on up in"));
        await using var second = await CliTests.AgainAsync(first, "web", "a", "c");
        await terminal.UntilAsync(v => v.Has("c ", "on up in") && !v.Has("trying again"));
        await terminal.TypeAsync(CtrlC);
        await EndedAsync(terminal);
    }

    [Fact]
    public async Task Watch_draws_the_states_then_a_line_for_each_change()
    {
        await using var athena = await AthenaHost.WithAsync("web", "a");
        await using var terminal = PseudoTerminal.Start(100, 30, "Athena.Cli", "watch", "--service", athena.GrpcAddress.ToString());
        await terminal.UntilAsync(v => v.Has("╭") && v.Has("a ", "on up in") && v.Has("changes follow"));
        await athena.Fleet.SetMemberStateAsync(new() { Server = "a", Health = HealthState.Down, Actor = "probe", Reason = "no answer" });
        var view = await terminal.UntilAsync(v => v.Has("on up in -> on down in by probe: no answer"));
        // Red on terminals of 16 colours and of 256.
        Assert.Contains(view.Colours, c => c is "31" or "91" or "38;5;9" or "38;5;1");
        await terminal.TypeAsync(CtrlC);
        await EndedAsync(terminal);
    }

    /// <summary>With exit code 0, on the ordinary screen, with cursor and wrapping, and keys that are shown and make lines again.</summary>
    private static async Task EndedAsync(PseudoTerminal terminal)
    {
        var view = await terminal.UntilAsync(v => v.Lines.Contains("over"));
        // A terminal that shows keys shows Ctrl-C before it.
        Assert.Contains(view.Lines, l => l is "ended 0" or "^Cended 0");
        Assert.Equal((false, true, true), (view.IsOwn, view.HasCursor, view.Wraps));
        Assert.Contains("echo", view.Lines);
        Assert.Contains("icanon", view.Lines);
    }
}
