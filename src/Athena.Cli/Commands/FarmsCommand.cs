using System.CommandLine;
using System.Globalization;
using Athena.Cli.Calls;
using Athena.Cli.Output;
using Athena.V1;

namespace Athena.Cli.Commands;

/// <summary>`athena farms`: all farms, or one with its members.</summary>
internal static class FarmsCommand
{
    public static Command Create(Tool tool)
    {
        var name = Names.FarmOrAll(tool, "A farm to show with its members. Default: all, one line each.");
        var command = new Command("farms", "Show farms, or the members of one.") { name };
        tool.Runs(command, (parse, session) => parse.GetValue(name) is { } farm ? OneAsync(session, farm) : AllAsync(session));
        return command;
    }

    private static async Task<int> AllAsync(Session session)
    {
        var farms = await session.FarmsAsync();
        if (session.AsJson)
        {
            await session.Out.WriteLineAsync(Json.Of(farms));
            return ExitCodes.Well;
        }
        var grid = new Grid("FARM", "STATE", "AVAILABLE", "POLICY", "FORWARD", "CAUSES");
        foreach (var farm in farms.Farms)
        {
            grid.Add(farm.Name, StateOf(farm), $"{farm.AvailableMembers}/{farm.Members.Count}", farm.Policy?.Name ?? "", ForwardsOf(farm), Words.Of(farm.Causes, session.Terminal.Time));
        }
        await grid.WriteAsync(session.Terminal);
        return ExitCodes.Well;
    }

    private static async Task<int> OneAsync(Session session, string name)
    {
        var answer = await session.Fleet.GetFarmAsync(new() { Farm = name }, session.Call);
        if (session.AsJson)
        {
            await session.Out.WriteLineAsync(Json.Of(answer));
            return ExitCodes.Well;
        }
        var (farm, time) = (answer.Farm, session.Terminal.Time);
        var head = $"{farm.Name}: {StateOf(farm).Text}, policy {farm.Policy?.Name}, {farm.AvailableMembers} of {farm.Members.Count} available";
        head += ForwardsOf(farm) is { Length: > 0 } forwards ? $", forward {forwards}" : "";
        head += farm.Causes.Count > 0 ? $" ({Words.Of(farm.Causes, time)})" : "";
        await session.Out.WriteLineAsync(Terminal.Clean(head));
        var grid = new Grid("SERVER", "STATE", "AVAILABLE", "WEIGHT", "NOW", "TIER", "CAUSES");
        foreach (var member in farm.Members)
        {
            grid.Add(member.Server, Words.Of(member.Admin), new Cell(member.Available ? "yes" : "no", Words.ToneOf(member.Available, member.Causes)),
                Text(member.HasWeight ? member.Weight : 1), Text(Math.Round(member.EffectiveWeight, 2)), Text(member.Tier), Words.Of(member.Causes, time, withFarm: false));
        }
        await grid.WriteAsync(session.Terminal);
        return ExitCodes.Well;
    }

    private static Cell StateOf(Farm farm) => farm switch
    {
        { Admin: AdminState.Off } => new("off", Tone.Warning),
        { Panicking: true } => new("panicking", Tone.Bad),
        { AvailableMembers: 0 } => new("nobody", Tone.Bad),
        _ => new("on", Tone.Good),
    };

    private static string ForwardsOf(Farm farm)
    {
        var (off, down) = (farm.Forwards?.Off ?? "", farm.Forwards?.Down ?? "");
        return (off, down) switch
        {
            ("", "") => "",
            (_, "") => $"off: {off}",
            ("", _) => $"down: {down}",
            _ => $"off: {off}, down: {down}",
        };
    }

    private static string Text(double number) => number.ToString(CultureInfo.InvariantCulture);
}
