using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using Athena.Cli.Apply;
using Athena.Cli.Calls;
using Athena.Cli.Output;

namespace Athena.Cli.Commands;

/// <summary>`athena apply fleet.json`: makes and changes farms and servers as a file wants them.</summary>
internal static class ApplyCommand
{
    public static Command Create(Tool tool)
    {
        var file = new Argument<string>("file") { HelpName = "file", Description = """JSON with "servers" and "farms", as `athena export` prints it; - for standard input.""" };
        var prune = new Option<bool>("--prune") { Description = "Also remove what was made at run time and is not in the file: servers if it lists servers, farms if it lists farms." };
        var options = new OperatorOptions(tool);
        var command = new Command("apply", "Make and change farms and servers as a file wants them. A field that the file leaves out gets its default.") { file, prune };
        options.AddTo(command, withUntil: false, withRevision: false);
        tool.Runs(command, async (parse, session) =>
        {
            var source = parse.GetRequiredValue(file);
            var wanted = FleetDocument.Parse(await ReadAsync(tool, source, session.Cancellation), source == "-" ? "standard input" : source);
            var applier = new Applier(session, options.Actor(parse), options.Reason(parse), options.DryRun(parse));
            var done = await applier.ApplyAsync(wanted, parse.GetValue(prune));
            var exitCode = await TellAsync(tool, session, done);
            if (!session.AsJson)
            {
                await session.Out.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"{done.Count(d => d.Done)} {(options.DryRun(parse) ? "would change" : "changed")}, {applier.Unchanged} unchanged, {done.Count(d => !d.Done)} refused"));
            }
            return exitCode;
        });
        return command;
    }

    /// <summary>A line for each; those refused on standard error.</summary>
    internal static async Task<int> TellAsync(Tool tool, Session session, IReadOnlyList<Applied> done)
    {
        foreach (var applied in done)
        {
            if (session.AsJson)
            {
                await session.Out.WriteLineAsync(new JsonObject { ["subject"] = applied.Subject, ["what"] = applied.What, ["done"] = applied.Done }.ToJsonString());
            }
            else if (applied.Done)
            {
                await session.Out.WriteLineAsync(Terminal.Clean($"{applied.Subject}: {applied.What}"));
            }
            else
            {
                await tool.SayAsync([Terminal.Clean($"{applied.Subject}: {applied.What}")]);
            }
        }
        return done.All(d => d.Done) ? ExitCodes.Well : ExitCodes.Refused;
    }

    private static async Task<string> ReadAsync(Tool tool, string source, CancellationToken cancellation)
    {
        try
        {
            return source == "-" ? await tool.Terminal.In.ReadToEndAsync(cancellation) : await File.ReadAllTextAsync(source, cancellation);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CommandFault($"{source} cannot be read: {e.Message}");
        }
    }
}
