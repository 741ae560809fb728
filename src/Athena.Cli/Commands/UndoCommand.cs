using System.CommandLine;
using System.Globalization;
using Athena.Cli.Output;
using Athena.V1;

namespace Athena.Cli.Commands;

/// <summary>`athena undo`: puts back what an operator's change replaced.</summary>
internal static class UndoCommand
{
    public static Command Create(Tool tool)
    {
        var id = new Argument<long?>("change") { HelpName = "change", Description = "Number of the change, from `athena changes`." };
        id.Arity = ArgumentArity.ExactlyOne;
        var options = new OperatorOptions(tool);
        var command = new Command("undo", "Undo an operator's change.") { id };
        options.AddTo(command, withUntil: false);
        tool.Runs(command, async (parse, session) =>
        {
            var request = new UndoChangeRequest { Id = parse.GetValue(id) ?? 0, Actor = options.Actor(parse), Reason = options.Reason(parse), ValidateOnly = options.DryRun(parse) };
            if (options.Revision(parse) is { } revision)
            {
                request.ExpectedRevision = revision;
            }
            var answer = await session.Fleet.UndoChangeAsync(request, session.Call);
            var text = request.ValidateOnly ? "the change can be undone; nothing was changed"
                : string.Create(CultureInfo.InvariantCulture, $"{ChangesCommand.SubjectOf(answer.Change)}: {ChangesCommand.StepOf(answer.Change)}, revision {answer.Revision}");
            await session.Out.WriteLineAsync(session.AsJson ? Json.Of(answer) : Terminal.Clean(text));
            return ExitCodes.Well;
        });
        return command;
    }
}
