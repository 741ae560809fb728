using System.CommandLine;
using System.Globalization;
using Athena.Cli.Calls;
using Athena.Cli.Output;
using Athena.V1;

namespace Athena.Cli.Commands;

/// <summary>`athena servers`: all servers, those of one farm, or some.</summary>
internal static class ServersCommand
{
    public static Command Create(Tool tool)
    {
        var names = Names.Servers(tool, "Servers to show. Default: all.");
        var farm = Names.FarmOption(tool, "Only the members of this farm.");
        var command = new Command("servers", "Show servers: states, causes, in flight, chosen.") { names, farm };
        tool.Runs(command, async (parse, session) =>
        {
            var servers = await FindAsync(session, parse.GetValue(names) ?? [], parse.GetValue(farm));
            if (session.AsJson)
            {
                await session.Out.WriteLineAsync(Json.Of(servers));
                return ExitCodes.Well;
            }
            var grid = new Grid("SERVER", "STATE", "ADDRESS", "IN FLIGHT", "CHOSEN", "FORWARD", "CAUSES");
            foreach (var server in servers.Servers)
            {
                grid.Add(server.Name, new Cell(Words.Of(server.Status), Words.ToneOf(server.Status.Available, server.Status.Causes)), server.Address, Text(server.InFlight), Text(server.Chosen),
                    server.Forward, Words.Of(server.Status.Causes, session.Terminal.Time));
            }
            await grid.WriteAsync(session.Terminal);
            return ExitCodes.Well;
        });
        return command;
    }

    private static async Task<ListServersResponse> FindAsync(Session session, string[] names, string? farm)
    {
        if (names.Length > 0)
        {
            var found = new ListServersResponse();
            foreach (var name in names)
            {
                var answer = await session.Fleet.GetServerAsync(new() { Server = name }, session.Call);
                found.Servers.Add(answer.Server);
                found.Revision = answer.Revision;
            }
            return found;
        }
        var all = await session.ServersAsync();
        if (farm is null)
        {
            return all;
        }
        var members = (await session.Fleet.GetFarmAsync(new() { Farm = farm }, session.Call)).Farm.Members.Select(m => m.Server).ToHashSet(StringComparer.OrdinalIgnoreCase);
        return new ListServersResponse { Revision = all.Revision, Servers = { all.Servers.Where(s => members.Contains(s.Name)) } };
    }

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);
}
