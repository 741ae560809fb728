using System.CommandLine;
using System.Globalization;

namespace Athena.Cli.Commands;

/// <summary>`athena completion SHELL`: a script for the shell, which asks `athena complete` at each Tab.</summary>
internal static class CompletionCommand
{
    private static readonly string[] Shells = ["bash", "zsh", "fish", "pwsh"];

    public static Command Create(Tool tool)
    {
        var shell = new Argument<string>("shell") { HelpName = "bash|zsh|fish|pwsh", Description = "The shell." };
        shell.AcceptOnlyFromAmong(Shells);
        var command = new Command("completion", "Print the script that completes this tool's commands in a shell.") { shell };
        tool.RunsAlone(command, async (parse, _) =>
        {
            await tool.Terminal.Out.WriteAsync(Script(parse.GetRequiredValue(shell)));
            return ExitCodes.Well;
        });
        return command;
    }

    /// <summary>What the scripts call: prints what may stand at a place of a line, one a line.</summary>
    public static Command CreateAnswer(Tool tool, Func<Command> root)
    {
        var position = new Argument<string>("position");
        var line = new Argument<string>("line");
        var command = new Command("complete", "Print what may stand at a position of a line; for the scripts of `athena completion`.") { position, line };
        command.Hidden = true;
        tool.RunsAlone(command, async (parse, _) =>
        {
            var text = parse.GetRequiredValue(line);
            var at = int.TryParse(parse.GetRequiredValue(position), NumberStyles.None, CultureInfo.InvariantCulture, out var given) ? Math.Min(given, text.Length) : text.Length;
            // A shell may stop at the cursor while the line ends with a space that matters.
            foreach (var completion in root().Parse(text[..at]).GetCompletions(at))
            {
                await tool.Terminal.Out.WriteLineAsync(completion.InsertText ?? completion.Label);
            }
            return ExitCodes.Well;
        });
        return command;
    }

    private static string Script(string shell) => shell switch
    {
        "bash" => """
            _athena() {
                local IFS=$'\n'
                COMPREPLY=( $(compgen -W "$(athena complete "$COMP_POINT" "$COMP_LINE" 2>/dev/null)" -- "${COMP_WORDS[COMP_CWORD]}") )
            }
            complete -F _athena athena

            """,
        "zsh" => """
            #compdef athena
            _athena() {
                local -a found
                found=("${(@f)$(athena complete 65535 "${(j: :)words[1,CURRENT]}" 2>/dev/null)}")
                compadd -a found
            }
            compdef _athena athena

            """,
        "fish" => """
            complete -c athena -f -a '(athena complete 65535 (commandline -cp) 2>/dev/null)'

            """,
        _ => """
            Register-ArgumentCompleter -Native -CommandName athena -ScriptBlock {
                param($word, $line, $position)
                athena complete $position "$line" 2>$null | Where-Object { $_ -like "$word*" } |
                    ForEach-Object { [System.Management.Automation.CompletionResult]::new($_, $_, 'ParameterValue', $_) }
            }

            """,
    };
}
