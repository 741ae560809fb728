using System.CommandLine;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.RegularExpressions;

namespace Athena.Cli.Tests;

/// <summary>docs/cli.md names every command and option, and nothing that is not there. `ATHENA_UPDATE_DOCS=1` writes its reference anew.</summary>
public sealed partial class DocumentationTests
{
    private const string Begin = "<!-- The rest is written from the tool's own help; a test compares it. -->\n";

    private static readonly Command Athena = CommandLine.Create(new TestTerminal().Terminal);

    [Fact]
    public void The_reference_is_what_the_tool_says_of_itself()
    {
        var text = File.ReadAllText(Document());
        var at = text.IndexOf(Begin, StringComparison.Ordinal);
        Assert.True(at > 0);
        var expected = Reference();
        if (Environment.GetEnvironmentVariable("ATHENA_UPDATE_DOCS") == "1")
        {
            File.WriteAllText(Document(), text[..(at + Begin.Length)] + expected);
            return;
        }
        Assert.Equal(expected, text[(at + Begin.Length)..]);
    }

    [Fact]
    public void Every_example_is_a_command_line_that_parses()
    {
        var examples = Example().Matches(File.ReadAllText(Document())).Select(m => m.Groups[1].Value.Split(" #")[0].Split(" | ")[0].Split(" > ")[0].Split(" && ")[0].TrimEnd(' ', ';', ')')).ToArray();
        Assert.True(examples.Length > 20);
        Assert.All(examples, e =>
        {
            var errors = Athena.Parse(e).Errors.Select(f => f.Message).ToArray();
            Assert.True(errors.Length == 0, $"{e}: {string.Join("; ", errors)}");
        });
    }

    [Fact]
    public void Every_option_that_is_named_exists()
    {
        var known = Walk(Athena).SelectMany(c => c.Options).SelectMany(o => o.Aliases.Append(o.Name)).ToHashSet(StringComparer.Ordinal);
        known.UnionWith(["--project", "--add-source", "--tool-path", "--prerelease", "--self-contained"]);
        Assert.Empty(Option().Matches(File.ReadAllText(Document())).Select(m => m.Value).Distinct().Except(known));
    }

    [Fact]
    public void Every_exit_code_is_explained()
    {
        var text = File.ReadAllText(Document());
        Assert.All(typeof(ExitCodes).GetFields().Select(f => f.GetRawConstantValue()), code => Assert.Contains($"| {code} |", text, StringComparison.Ordinal));
    }

    private static string Reference()
    {
        var text = new StringBuilder("## Reference\n\nEvery command takes:\n\n");
        Options(text, Athena.Options);
        foreach (var command in Walk(Athena).Where(c => c != Athena))
        {
            text.Append(Invariant($"\n### `{NameOf(command)}`\n\n{command.Description}\n"));
            if (command.Subcommands.Count > 0)
            {
                continue;
            }
            var rows = command.Arguments.Select(a => (Label: $"<{a.HelpName ?? a.Name}>{(a.Arity.MaximumNumberOfValues > 1 ? " ..." : "")}", a.Description)).ToArray();
            if (rows.Length + command.Options.Count > 0)
            {
                text.Append("\n| | |\n| --- | --- |\n");
            }
            foreach (var (label, description) in rows)
            {
                text.Append(Invariant($"| `{label.Replace("|", "\\|", StringComparison.Ordinal)}` | {description} |\n"));
            }
            Options(text, command.Options, head: false);
        }
        return text.ToString();
    }

    private static void Options(StringBuilder text, IEnumerable<Option> options, bool head = true)
    {
        text.Append(head ? "| | |\n| --- | --- |\n" : "");
        foreach (var option in options)
        {
            var names = string.Join(", ", option.Aliases.Where(a => a.StartsWith('-')).OrderBy(a => a.Length).Append(option.Name));
            text.Append(Invariant($"| `{names}{(option.HelpName is { } value ? $" <{value}>" : "")}` | {option.Description} |\n"));
        }
    }

    private static string NameOf(Command command) => string.Join(' ', new[] { command.Name }.Concat(command.Parents.OfType<Command>().Select(p => NameOf(p))).Reverse());

    private static IEnumerable<Command> Walk(Command command) => [command, .. command.Subcommands.Where(c => !c.Hidden).SelectMany(Walk)];

    private static string Invariant(FormattableString text) => FormattableString.Invariant(text);

    private static string Document([CallerFilePath] string here = "") => Path.GetFullPath(Path.Combine(Path.GetDirectoryName(here)!, "..", "..", "docs", "cli.md"));

    [GeneratedRegex(@"^(?:\$ |host=\$\()?(athena(?: [^\n]*)?)$", RegexOptions.Multiline)]
    private static partial Regex Example();

    [GeneratedRegex("(?<![\\w-])--[a-z][a-z-]+")]
    private static partial Regex Option();
}
