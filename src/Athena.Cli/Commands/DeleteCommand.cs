using System.CommandLine;
using Athena.Cli.Apply;

namespace Athena.Cli.Commands;

/// <summary>`athena delete`: removes farms and servers that were made at run time.</summary>
internal static class DeleteCommand
{
    public static Command Create(Tool tool)
    {
        var subjects = Names.Subjects(tool, "What to remove: a server's name, or farm/NAME for a farm. Farms go first.");
        subjects.Arity = ArgumentArity.OneOrMore;
        var options = new OperatorOptions(tool);
        var command = new Command("delete", "Remove farms and servers that were made at run time, with their states.") { subjects };
        options.AddTo(command, withUntil: false, withRevision: false);
        tool.Runs(command, async (parse, session) =>
        {
            var named = parse.GetRequiredValue(subjects).Select(Subject.Parse).ToArray();
            var applier = new Applier(session, options.Actor(parse), options.Reason(parse), options.DryRun(parse));
            return await ApplyCommand.TellAsync(tool, session, await applier.PruneAsync([.. named.Select(n => n.Farm).OfType<string>()], [.. named.Select(n => n.Server).OfType<string>()]));
        });
        return command;
    }
}
