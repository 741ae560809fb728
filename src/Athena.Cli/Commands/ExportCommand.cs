using System.CommandLine;
using Athena.Cli.Apply;

namespace Athena.Cli.Commands;

/// <summary>`athena export`: farms and servers in the form that `athena apply` takes.</summary>
internal static class ExportCommand
{
    public static Command Create(Tool tool)
    {
        var command = new Command("export", "Print farms and servers in the form that `athena apply` takes: what is declared, without states and numbers.");
        tool.Runs(command, async (_, session) =>
        {
            var (servers, farms) = (await session.ServersAsync(), await session.FarmsAsync());
            await session.Out.WriteLineAsync(FleetDocument.Of(servers.Servers, farms.Farms).Print());
            return ExitCodes.Well;
        });
        return command;
    }
}
