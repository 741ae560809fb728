using System.CommandLine;
using System.Globalization;
using Athena.Cli.Output;
using Athena.V1;
using Google.Protobuf.WellKnownTypes;

namespace Athena.Cli.Commands;

/// <summary>`athena simulate`: how would decisions fall if something were different?</summary>
internal static class SimulateCommand
{
    public static Command Create(Tool tool)
    {
        var farm = Names.Farm(tool);
        var decisions = new Option<uint>("--decisions", "-n") { Description = "Decisions to make: 1 to 100000. Default 10000.", HelpName = "number" };
        var policy = new Option<string>("--policy") { Description = "Another policy.", HelpName = "name" };
        var parameters = new Option<KeyValuePair<string, string>[]>("--param")
        {
            Description = "A parameter of that policy, with the keys of the configuration. May be repeated.",
            HelpName = "name=value",
            CustomParser = result => [.. result.Tokens.Select(t => Pairs.Parse(t.Value, result))],
        };
        var overrides = new Option<MemberOverride[]>("--if")
        {
            Description = "What if a server were different: app01=off, drain, on, up or down; app01.weight=3; app01.cpu=90 (any statistic). May be repeated.",
            HelpName = "change",
            CustomParser = result => [.. Merge(result.Tokens.Select(t => Override(t.Value, result)))],
        };
        var question = new Question();
        var command = new Command("simulate", "Show how decisions would fall if something were different. Nothing real changes.") { farm, decisions, policy, parameters, overrides };
        question.AddTo(command);
        command.Validators.Add(result =>
        {
            if (result.GetResult(parameters) is not null && result.GetResult(policy) is null)
            {
                result.AddError("--param goes with --policy: it says how that one picks");
            }
        });
        tool.Runs(command, async (parse, session) =>
        {
            var asked = question.Of(parse, "");
            var request = new SimulateRequest { Farm = parse.GetRequiredValue(farm), Decisions = parse.GetValue(decisions), Request = asked };
            if (asked.HasSeed)
            {
                request.Seed = asked.Seed;
                asked.ClearSeed();
            }
            request.Overrides.AddRange(parse.GetValue(overrides) ?? []);
            if (parse.GetValue(policy) is { } name)
            {
                request.Policy = new Policy { Name = name, Parameters = ParametersOf(parse.GetValue(parameters) ?? []) };
            }
            var answer = await session.Fleet.SimulateAsync(request, session.Call);
            if (session.AsJson)
            {
                await session.Out.WriteLineAsync(Json.Of(answer));
                return ExitCodes.Well;
            }
            var grid = new Grid("TARGET", "CHOSEN", "SHARE", "NOW", "CHANGE");
            foreach (var share in answer.Shares)
            {
                grid.Add(share.Target, share.Count.ToString(CultureInfo.InvariantCulture), Percent(share.Share), Percent(share.ShareNow), Signed(share.Share - share.ShareNow));
            }
            await grid.WriteAsync(session.Terminal);
            if (answer.Failed > 0)
            {
                await session.Out.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"{answer.Failed} decisions found nobody"));
            }
            return ExitCodes.Well;
        });
        return command;
    }

    /// <summary>`app01=off`, `app01.weight=3` or `app01.cpu=90`. Names may have dots, so the last one before the sign parts; a state needs none.</summary>
    internal static MemberOverride Override(string text, System.CommandLine.Parsing.ArgumentResult result)
    {
        var (name, value) = Pairs.Parse(text, result);
        AdminState? admin = value switch { "on" => AdminState.On, "drain" => AdminState.Drain, "off" => AdminState.Off, _ => null };
        HealthState? health = value switch { "up" => HealthState.Up, "down" => HealthState.Down, _ => null };
        if (admin is not null || health is not null)
        {
            return new MemberOverride { Server = name, State = admin ?? default, Health = health ?? default };
        }
        var dot = name.LastIndexOf('.');
        if (dot > 0 && name[(dot + 1)..] == "weight" && uint.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var weight))
        {
            return new MemberOverride { Server = name[..dot], Weight = weight };
        }
        if (dot > 0 && double.TryParse(value, NumberStyles.Float, CultureInfo.InvariantCulture, out var number))
        {
            return new MemberOverride { Server = name[..dot], Stats = { [name[(dot + 1)..]] = number } };
        }
        result.AddError($"--if: '{text}' is none of app01=off, app01.weight=3, app01.cpu=90");
        return new MemberOverride();
    }

    /// <summary>All that was said of one server, in one.</summary>
    private static IEnumerable<MemberOverride> Merge(IEnumerable<MemberOverride> overrides) =>
        overrides.GroupBy(o => o.Server, StringComparer.OrdinalIgnoreCase).Select(g => g.Aggregate((all, next) =>
        {
            all.MergeFrom(next);
            return all;
        }));

    private static Struct? ParametersOf(KeyValuePair<string, string>[] parameters)
    {
        if (parameters.Length == 0)
        {
            return null;
        }
        var all = new Struct();
        foreach (var (name, value) in parameters)
        {
            all.Fields[name] = Value.ForString(value);
        }
        return all;
    }

    private static string Percent(double share) => share.ToString("0.0 %", CultureInfo.InvariantCulture);

    private static string Signed(double share) => share.ToString("+0.0 %;-0.0 %;0.0 %", CultureInfo.InvariantCulture);
}
