using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using Athena.Cli.Calls;
using Athena.Cli.Output;
using Athena.Cli.Top;

namespace Athena.Cli.Commands;

/// <summary>`athena top`: farms and servers, live.</summary>
internal static class TopCommand
{
    private static readonly TimeSpan DefaultInterval = TimeSpan.FromSeconds(1);

    public static Command Create(Tool tool)
    {
        var interval = Durations.Option("--interval", "Time between looks. Default 1s.");
        var command = new Command("top", "Show farms and servers live: states, load, in flight, decisions per second. Not on a terminal: once, as text.") { interval };
        tool.Runs(command, (parse, session) =>
        {
            var model = new TopModel(session.Terminal.Time);
            var every = parse.GetValue(interval) ?? DefaultInterval;
            return session.Terminal.IsInteractive && !session.AsJson ? LiveTop.RunAsync(session, model, every) : OnceAsync(session, model, every);
        });
        return command;
    }

    /// <summary>Two looks, for the rates are between them.</summary>
    private static async Task<int> OnceAsync(Session session, TopModel model, TimeSpan interval)
    {
        var view = new TopView();
        await TopLook.LookAsync(session, model);
        await Task.Delay(interval, session.Terminal.Time, session.Cancellation);
        await TopLook.LookAsync(session, model);
        await TopLook.StatisticsAsync(session, model, model.Servers(view).Select(s => s.Name));
        if (session.AsJson)
        {
            await session.Out.WriteLineAsync(new JsonObject
            {
                ["revision"] = model.Revision,
                ["farms"] = new JsonArray([.. model.Farms().Select(f => new JsonObject { ["name"] = f.Name, ["state"] = f.State, ["available"] = f.Available, ["members"] = f.Members, ["policy"] = f.Policy, ["inFlight"] = f.InFlight, ["rate"] = f.Rate })]),
                ["servers"] = new JsonArray([.. model.Servers(view).Select(s => new JsonObject { ["name"] = s.Name, ["state"] = s.State, ["causes"] = s.Causes, ["load"] = s.Load, ["inFlight"] = s.InFlight, ["rate"] = s.Rate })]),
            }.ToJsonString());
            return ExitCodes.Well;
        }
        var farms = new Grid("FARM", "STATE", "AVAILABLE", "POLICY", "IN FLIGHT", "PER SECOND");
        foreach (var farm in model.Farms())
        {
            farms.Add(farm.Name, new Cell(farm.State, farm.Tone), $"{farm.Available}/{farm.Members}", farm.Policy, Text(farm.InFlight), Text(farm.Rate));
        }
        await farms.WriteAsync(session.Terminal);
        await session.Out.WriteLineAsync();
        var servers = new Grid("SERVER", "STATE", "LOAD", "IN FLIGHT", "PER SECOND", "CAUSES");
        foreach (var server in model.Servers(view))
        {
            servers.Add(server.Name, new Cell(server.State, server.Tone), server.Load is { } load ? Text(load) : "", Text(server.InFlight), Text(server.Rate), server.Causes);
        }
        await servers.WriteAsync(session.Terminal);
        return ExitCodes.Well;
    }

    private static string Text(double value) => value.ToString("0.##", CultureInfo.InvariantCulture);
}
