using System.CommandLine;
using System.Globalization;
using Athena.Cli.Calls;
using Athena.Cli.Output;
using Athena.V1;

namespace Athena.Cli.Commands;

/// <summary>`athena forward`: where a farm or a server sends its callers when it cannot serve.</summary>
internal static class ForwardCommand
{
    public static Command Create(Tool tool)
    {
        var subject = Names.Subject(tool, "Whose forward: a server's name, or farm/NAME.");
        var target = new Argument<string?>("target") { HelpName = "target", Description = "The server that stands in; for servers only.", Arity = ArgumentArity.ZeroOrOne };
        var off = new Option<string>("--off") { Description = "Where to go while the farm is off: a farm or a complete URL; '' for nowhere. The other forward stays.", HelpName = "target" };
        var down = new Option<string>("--down") { Description = "Where to go when no member is available: a farm or a complete URL; '' for nowhere. The other forward stays.", HelpName = "target" };
        var none = new Option<bool>("--none") { Description = "No forward at all, whatever the configuration says." };
        var asConfigured = new Option<bool>("--as-configured") { Description = "Back to what the configuration says." };
        var options = new OperatorOptions(tool);
        var command = new Command("forward", "Set where a farm or a server forwards to.") { subject, target, off, down, none, asConfigured };
        options.AddTo(command, withUntil: false);
        command.Validators.Add(result =>
        {
            var ofFarm = Subject.Parse(result.GetValue(subject) ?? "").Farm is not null;
            var targets = new[] { result.GetValue(target), result.GetValue(off), result.GetValue(down) };
            var ways = (targets.Any(t => t is not null) ? 1 : 0) + (result.GetValue(none) ? 1 : 0) + (result.GetValue(asConfigured) ? 1 : 0);
            if (ways != 1 || (ofFarm ? targets[0] is not null : targets[1] is not null || targets[2] is not null))
            {
                result.AddError("give a server and its stand-in (app01 app09), a farm with --off or --down (farm/shop --down TARGET), or one of them with --none or --as-configured");
            }
        });
        tool.Runs(command, async (parse, session) =>
        {
            var of = Subject.Parse(parse.GetRequiredValue(subject));
            var request = new SetForwardRequest
            {
                Farm = of.Farm ?? "",
                Server = of.Server ?? "",
                Forward = parse.GetValue(target) ?? "",
                AsConfigured = parse.GetValue(asConfigured),
                Actor = options.Actor(parse),
                Reason = options.Reason(parse),
                ValidateOnly = options.DryRun(parse),
            };
            if (options.Revision(parse) is { } revision)
            {
                request.ExpectedRevision = revision;
            }
            if (of.Farm is not null && !request.AsConfigured)
            {
                request.Forwards = parse.GetValue(none) ? new() : await ForwardsAsync(session, request, parse.GetValue(off), parse.GetValue(down));
            }
            var answer = await session.Fleet.SetForwardAsync(request, session.Call);
            await session.Out.WriteLineAsync(session.AsJson ? Json.Of(answer) : Line(answer, request.ValidateOnly));
            return ExitCodes.Well;
        });
        return command;
    }

    /// <summary>Both forwards, the one not named as it stands; nobody may change it in between.</summary>
    private static async Task<Forwards> ForwardsAsync(Session session, SetForwardRequest request, string? off, string? down)
    {
        if (off is not null && down is not null)
        {
            return new Forwards { Off = off, Down = down };
        }
        var present = await session.Fleet.GetFarmAsync(new() { Farm = request.Farm }, session.Call);
        if (!request.HasExpectedRevision)
        {
            request.ExpectedRevision = present.Revision;
        }
        return new Forwards { Off = off ?? present.Farm.Forwards?.Off ?? "", Down = down ?? present.Farm.Forwards?.Down ?? "" };
    }

    private static string Line(SetForwardResponse answer, bool dryRun)
    {
        var line = answer.Farm is { } farm
            ? $"farm {farm.Name}: off -> {Target(farm.Forwards?.Off)}, down -> {Target(farm.Forwards?.Down)}"
            : $"{answer.Server.Name} -> {Target(answer.Server.Forward)}";
        return Terminal.Clean(dryRun ? "the change would be accepted; nothing was changed" : string.Create(CultureInfo.InvariantCulture, $"{line}, revision {answer.Revision}"));
    }

    private static string Target(string? text) => string.IsNullOrEmpty(text) ? "nowhere" : text;
}
