using System.CommandLine;
using System.Globalization;
using Athena.Cli.Output;
using Athena.V1;

namespace Athena.Cli.Commands;

/// <summary>`athena changes`: what operators changed, the latest first.</summary>
internal static class ChangesCommand
{
    private const int Default = 20;
    private const int Most = 1000;

    public static Command Create(Tool tool)
    {
        var farm = Names.FarmOption(tool, "Only changes of this farm and its members.");
        var server = Names.ServerOption(tool, "Only changes of this server.");
        var count = new Option<uint?>("--count", "-n") { Description = "How many: 1 to 1000. Default 20.", HelpName = "number" };
        count.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<uint?>() is < 1 or > Most)
            {
                result.AddError("--count: must be from 1 to 1000");
            }
        });
        var command = new Command("changes", "Show what operators changed, the latest first.") { farm, server, count };
        tool.Runs(command, async (parse, session) =>
        {
            var request = new ListChangesRequest { Farm = parse.GetValue(farm) ?? "", Server = parse.GetValue(server) ?? "", PageSize = parse.GetValue(count) ?? Default };
            var answer = await session.Fleet.ListChangesAsync(request, session.Call);
            if (session.AsJson)
            {
                await session.Out.WriteLineAsync(Json.Of(answer));
                return ExitCodes.Well;
            }
            var grid = new Grid("CHANGE", "TIME", "WHO", "SUBJECT", "WHAT", "WHY");
            foreach (var change in answer.Changes)
            {
                grid.Add(change.Id.ToString(CultureInfo.InvariantCulture), Moments.Text(change.ChangeTime, session.Terminal.Time), change.Actor, SubjectOf(change), StepOf(change), change.Reason);
            }
            await grid.WriteAsync(session.Terminal);
            return ExitCodes.Well;
        });
        return command;
    }

    internal static string SubjectOf(OperatorChange change) => change switch
    {
        { Farm.Length: > 0, Server.Length: > 0 } => $"{change.Server} in {change.Farm}",
        { Farm.Length: > 0 } => $"farm/{change.Farm}",
        { Server.Length: > 0 } => change.Server,
        _ => "the engine",
    };

    /// <summary>`on up -> off up`, and the forward where that changed.</summary>
    internal static string StepOf(OperatorChange change)
    {
        var (before, after) = (change.Before ?? new(), change.After ?? new());
        var parts = new List<string>();
        if (change.Kind is ChangeKind.Created or ChangeKind.Updated or ChangeKind.Deleted)
        {
            parts.Add(change.Kind switch { ChangeKind.Created => "made", ChangeKind.Updated => "fields changed", _ => "removed" });
        }
        if (before.Admin != after.Admin || before.Health != after.Health)
        {
            parts.Add($"{States(before)} -> {States(after)}");
        }
        if (Forward(before) != Forward(after))
        {
            parts.Add($"forward {Forward(before)} -> {Forward(after)}");
        }
        if (parts.Count == 0)
        {
            parts.Add(States(after));
        }
        if (change.Undoes != 0)
        {
            parts.Add(string.Create(CultureInfo.InvariantCulture, $"undoes {change.Undoes}"));
        }
        return string.Join(", ", parts);
    }

    private static string States(OperatorState state) => string.Join(' ', new[] { Words.Of(state.Admin), Words.Of(state.Health) }.Where(w => w.Length > 0));

    private static string Forward(OperatorState state) =>
        state.Forwards is { } forwards ? $"off:{forwards.Off} down:{forwards.Down}"
        : !state.HasForward ? "as configured"
        : state.Forward.Length > 0 ? state.Forward : "none";
}
