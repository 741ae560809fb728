using System.CommandLine;

namespace Athena.Cli.Tests;

public sealed class CommandLineTests
{
    // Nobody listens on the discard port.
    private const string Nobody = "http://127.0.0.1:9";

    [Theory]
    [InlineData("unknown")]
    [InlineData("balance")]
    [InlineData("balance --bogus farm_one")]
    [InlineData("balance farm_one --label zone")]
    [InlineData("balance farm_one --priority urgent")]
    [InlineData("balance farm_one --timeout never")]
    [InlineData("set sideways app01")]
    [InlineData("set off")]
    [InlineData("set off app01 --engine")]
    [InlineData("set off farm/shop --farm shop")]
    [InlineData("set off app01 --until yesterday")]
    [InlineData("set drain --engine")]
    [InlineData("set up farm/shop")]
    [InlineData("forward app01")]
    [InlineData("forward app01 app02 --none")]
    [InlineData("forward farm/shop app02")]
    [InlineData("forward app01 --off app02")]
    [InlineData("stats push app01 cpu=much")]
    [InlineData("changes --count 0")]
    [InlineData("undo soon")]
    [InlineData("simulate shop --if app01=sideways")]
    [InlineData("mirror http://127.0.0.1:1 http://127.0.0.1:1/")]
    [InlineData("import")]
    [InlineData("balance farm_one --service nonsense")]
    [InlineData("completion tcsh")]
    [InlineData("apply")]
    [InlineData("delete")]
    [InlineData("weight many app01")]
    [InlineData("weight -1 app01")]
    [InlineData("simulate shop --param Statistic=cpu")]
    public async Task A_wrong_command_line_ends_with_64_and_says_so(string line)
    {
        var terminal = new TestTerminal();
        Assert.Equal(ExitCodes.Usage, await terminal.RunAsync(["--service", Nobody, .. line.Split(' ')]));
        Assert.StartsWith("athena: ", terminal.Error, StringComparison.Ordinal);
        Assert.Empty(terminal.Out);
    }

    [Theory]
    [InlineData("balance farm_one")]
    [InlineData("farms")]
    [InlineData("set off app01")]
    [InlineData("watch")]
    [InlineData("top")]
    [InlineData("export")]
    [InlineData("delete app01")]
    [InlineData("weight 3 app01")]
    [InlineData("monitor")]
    [InlineData("mirror http://127.0.0.1:9 http://127.0.0.1:1")]
    public async Task A_service_that_is_away_ends_with_3_and_names_its_address_and_what_to_do(string line)
    {
        var terminal = new TestTerminal(isTimed: true) { Variables = { ["ATHENA_SERVICE"] = Nobody } };
        Assert.Equal(ExitCodes.NotReached, await terminal.RunAsync(line.Split(' ')));
        Assert.Contains(Nobody, terminal.Error, StringComparison.Ordinal);
        Assert.Contains("--service or ATHENA_SERVICE", terminal.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task With_json_an_error_is_json_too()
    {
        var terminal = new TestTerminal(isTimed: true);
        Assert.Equal(ExitCodes.NotReached, await terminal.RunAsync("balance", "farm_one", "--json", "--service", Nobody));
        using var error = System.Text.Json.JsonDocument.Parse(terminal.Error);
        Assert.Equal(14, error.RootElement.GetProperty("code").GetInt32());
    }

    [Fact]
    public async Task The_option_beats_the_environment()
    {
        var terminal = new TestTerminal(isTimed: true) { Variables = { ["ATHENA_SERVICE"] = "http://127.0.0.1:1" } };
        await terminal.RunAsync("farms", "--service", Nobody);
        Assert.Contains(Nobody, terminal.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Help_of_every_command_asks_nobody()
    {
        foreach (var command in CommandLine.Create(new TestTerminal().Terminal).Subcommands.Where(c => !c.Hidden))
        {
            var terminal = new TestTerminal();
            Assert.Equal(0, await terminal.RunAsync(command.Name, "--help", "--service", Nobody));
            Assert.Contains($"athena {command.Name}", terminal.Out, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("athena mon", "monitor")]
    [InlineData("athena set dr", "drain")]
    [InlineData("athena balance --pri", "--priority")]
    [InlineData("athena balance farm_one --priority hi", "high")]
    public async Task A_shell_is_told_what_may_follow(string line, string expected)
    {
        var terminal = new TestTerminal(isTimed: true) { Variables = { ["ATHENA_SERVICE"] = Nobody } };
        Assert.Equal(0, await terminal.RunAsync("complete", $"{line.Length}", line));
        Assert.Contains(expected, terminal.Out.Split(Environment.NewLine));
    }

    [Fact]
    public void Every_command_and_option_says_what_it_does()
    {
        var all = Walk(CommandLine.Create(new TestTerminal().Terminal)).ToArray();
        Assert.True(all.Length > 40);
        Assert.All(all, s => Assert.False(string.IsNullOrEmpty(s.Description), s.Name));
    }

    private static IEnumerable<Symbol> Walk(Command command) =>
        [command, .. command.Hidden ? [] : command.Arguments, .. command.Options, .. command.Subcommands.SelectMany(Walk)];
}
