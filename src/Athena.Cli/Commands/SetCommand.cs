using System.CommandLine;
using Athena.Cli.Calls;
using Athena.Cli.Output;
using Athena.V1;
using Google.Protobuf.Collections;

namespace Athena.Cli.Commands;

/// <summary>`athena set`: what operators allow and find, for servers, members, farms and the engine.</summary>
internal static class SetCommand
{
    private static readonly string[] States = ["on", "drain", "off", "up", "down"];

    public static Command Create(Tool tool)
    {
        var state = new Argument<string>("state") { HelpName = "on|drain|off|up|down", Description = "on, drain or off (what you allow; no alarm), up or down (what you found; down raises an alarm)." };
        state.AcceptOnlyFromAmong(States);
        var subjects = Names.Subjects(tool, "What to set: a server's name, or farm/NAME for a whole farm. Several are set one after another.");
        var farm = Names.FarmOption(tool, "Set the servers in this farm only.");
        var engine = new Option<bool>("--engine") { Description = "Set the whole engine: while it is off every farm is." };
        var options = new OperatorOptions(tool);
        var command = new Command("set", "Set the state of servers, members, farms or the engine.") { state, subjects, farm, engine };
        options.AddTo(command, withUntil: true);
        command.Validators.Add(result =>
        {
            var named = result.GetValue(subjects) ?? [];
            if (result.GetValue(engine) ? named.Length > 0 || result.GetValue(farm) is not null : named.Length == 0)
            {
                result.AddError("name what to set: servers (app01), whole farms (farm/shop), or --engine alone");
            }
            else if (result.GetValue(farm) is not null && named.Any(n => Subject.Parse(n).Farm is not null))
            {
                result.AddError("--farm goes with servers; a whole farm is set as farm/NAME");
            }
        });
        tool.Runs(command, async (parse, session) =>
        {
            var change = new Change(parse.GetRequiredValue(state), parse.GetValue(farm) ?? "", options, parse);
            if (parse.GetValue(engine))
            {
                await EngineAsync(session, change);
            }
            foreach (var subject in (parse.GetValue(subjects) ?? []).Select(Subject.Parse))
            {
                await (subject.Farm is { } whole ? FarmAsync(session, change, whole) : ServerAsync(session, change, subject.Server!));
            }
            return ExitCodes.Well;
        });
        return command;
    }

    private static async Task EngineAsync(Session session, Change change)
    {
        var request = new SetEngineStateRequest { State = change.AdminOnly("the engine"), Actor = change.Actor, Reason = change.Reason, UntilTime = change.Until, ValidateOnly = change.DryRun };
        if (change.Revision is { } revision)
        {
            request.ExpectedRevision = revision;
        }
        var answer = await session.Fleet.SetEngineStateAsync(request, session.Call);
        await session.Out.WriteLineAsync(session.AsJson ? Json.Of(answer) : Line(session, change, "the engine", Words.Of(answer.State), answer.Causes, answer.Revision));
    }

    private static async Task FarmAsync(Session session, Change change, string farm)
    {
        var request = new SetFarmStateRequest { Farm = farm, State = change.AdminOnly("a farm"), Actor = change.Actor, Reason = change.Reason, UntilTime = change.Until, ValidateOnly = change.DryRun };
        if (change.Revision is { } revision)
        {
            request.ExpectedRevision = revision;
        }
        var answer = await session.Fleet.SetFarmStateAsync(request, session.Call);
        await session.Out.WriteLineAsync(session.AsJson ? Json.Of(answer) : Line(session, change, $"farm {answer.Farm.Name}", Words.Of(answer.Farm.Admin), answer.Farm.Causes, answer.Revision));
    }

    private static async Task ServerAsync(Session session, Change change, string server)
    {
        var request = new SetMemberStateRequest
        {
            Farm = change.Farm,
            Server = server,
            State = change.Admin,
            Health = change.Health,
            Actor = change.Actor,
            Reason = change.Reason,
            UntilTime = change.Until,
            ValidateOnly = change.DryRun,
        };
        if (change.Revision is { } revision)
        {
            request.ExpectedRevision = revision;
        }
        var answer = await session.Fleet.SetMemberStateAsync(request, session.Call);
        if (session.AsJson)
        {
            await session.Out.WriteLineAsync(Json.Of(answer));
            return;
        }
        await session.Out.WriteLineAsync(answer.Member is { } member
            ? Line(session, change, $"{member.Server} in {change.Farm}", Words.Of(member.Admin), member.Causes, answer.Revision)
            : Line(session, change, server, Words.Of(answer.Status), answer.Status.Causes, answer.Revision));
    }

    private static string Line(Session session, Change change, string subject, string state, RepeatedField<Cause> causes, long revision)
    {
        if (change.DryRun)
        {
            return Terminal.Clean($"{subject}: {change.State} would be accepted; nothing was changed");
        }
        var why = causes.Count > 0 ? $" ({Words.Of(causes, session.Terminal.Time)})" : "";
        return Terminal.Clean(string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{subject}: {state}{why}, revision {revision}"));
    }

    /// <summary>The change as asked for.</summary>
    private sealed class Change(string state, string farm, OperatorOptions options, ParseResult parse)
    {
        public string State => state;

        public string Farm => farm;

        public AdminState Admin => state switch { "on" => AdminState.On, "drain" => AdminState.Drain, "off" => AdminState.Off, _ => AdminState.Unspecified };

        public HealthState Health => state switch { "up" => HealthState.Up, "down" => HealthState.Down, _ => HealthState.Unspecified };

        public string Actor => options.Actor(parse);

        public string Reason => options.Reason(parse);

        public Google.Protobuf.WellKnownTypes.Timestamp? Until => options.Until(parse);

        public long? Revision => options.Revision(parse);

        public bool DryRun => options.DryRun(parse);

        public AdminState AdminOnly(string subject) => Admin is AdminState.On or AdminState.Off ? Admin
            : throw new CommandFault($"{subject} is on or off; {state} is for servers", ExitCodes.Usage);
    }
}
