using System.CommandLine;
using System.CommandLine.Help;
using Athena.Cli.Commands;
using Athena.Cli.Output;

namespace Athena.Cli;

/// <summary>The tool's commands, and how a line of arguments becomes one.</summary>
internal static class CommandLine
{
    /// <summary>All of it: `athena` with its commands and options.</summary>
    public static Command Create(Terminal terminal)
    {
        var tool = new Tool(terminal);
        var root = new Command("athena", "Asks, watches and operates Athena: which server of this farm should I use now?")
        {
            BalanceCommand.Create(tool),
            FarmsCommand.Create(tool),
            ServersCommand.Create(tool),
            SetCommand.Create(tool),
            ForwardCommand.Create(tool),
            WeightCommand.Create(tool),
            ApplyCommand.Create(tool),
            ExportCommand.Create(tool),
            DeleteCommand.Create(tool),
            ChangesCommand.Create(tool),
            UndoCommand.Create(tool),
            StatsCommand.Create(tool),
            WatchCommand.Create(tool),
            TopCommand.Create(tool),
            ExplainCommand.Create(tool),
            SimulateCommand.Create(tool),
            MonitorCommand.Create(tool),
            MirrorCommand.Create(tool),
            ImportCommand.Create(tool),
            TokenCommand.Create(tool),
            CompletionCommand.Create(tool),
            CompletionCommand.CreateAnswer(tool, () => Create(terminal)),
            tool.Service,
            tool.Timeout,
            tool.Json,
            new HelpOption(),
            new VersionOption(),
        };
        return root;
    }

    /// <returns>What the process ends with: <see cref="ExitCodes"/>.</returns>
    public static async Task<int> RunAsync(IReadOnlyList<string> arguments, Terminal terminal, CancellationToken cancellation = default)
    {
        var parse = Create(terminal).Parse(arguments);
        if (parse.Errors.Count > 0 && parse.Action is not HelpAction)
        {
            foreach (var error in parse.Errors)
            {
                await terminal.Error.WriteLineAsync($"athena: {Terminal.Clean(error.Message.ReplaceLineEndings(" "))}");
            }
            await terminal.Error.WriteLineAsync($"        `{NameOf(parse)} --help` tells what there is");
            return ExitCodes.Usage;
        }
        return await parse.InvokeAsync(new InvocationConfiguration { Output = terminal.Out, Error = terminal.Error, EnableDefaultExceptionHandler = false }, cancellation);
    }

    private static string NameOf(ParseResult parse)
    {
        var names = new Stack<string>();
        for (System.CommandLine.Parsing.SymbolResult? at = parse.CommandResult; at is System.CommandLine.Parsing.CommandResult command; at = at.Parent)
        {
            names.Push(command.Command.Name);
        }
        return string.Join(' ', names);
    }
}
