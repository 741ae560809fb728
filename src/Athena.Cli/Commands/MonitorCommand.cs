using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Athena.Cli.Calls;
using Athena.Cli.Monitor;
using Athena.Cli.Output;
using Grpc.Core;

namespace Athena.Cli.Commands;

/// <summary>`athena monitor`: one line per trouble, and an exit code that says how bad it is.</summary>
internal static class MonitorCommand
{
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    public static Command Create(Tool tool)
    {
        var farms = Names.FarmOptions(tool, "Only this farm and its members. May be repeated.");
        var nagios = new Option<bool>("--nagios") { Description = "Print one line with performance data, as a plug-in of Nagios or Icinga." };
        var command = new Command("monitor", "Tell what is wrong: exit code 0 nothing, 1 servers down or out, 2 a farm without servers, 3 service not reached.") { farms, nagios };
        tool.RunsAlone(command, async (parse, cancellation) =>
        {
            using var session = tool.Open(parse, tool.AddressOf(parse), cancellation);
            try
            {
                var findings = await FindAsync(session, parse.GetValue(farms) ?? []);
                await (parse.GetValue(nagios) ? session.Out.WriteLineAsync(NagiosLine.Of(findings)) : session.AsJson ? session.Out.WriteLineAsync(JsonOf(findings)) : WriteAsync(session, findings));
                return findings.ExitCode;
            }
            catch (RpcException e) when (!cancellation.IsCancellationRequested)
            {
                // Whatever keeps it from looking is "unknown": 1 and 2 say what was seen.
                await (parse.GetValue(nagios)
                    ? session.Out.WriteLineAsync(NagiosLine.Unknown(Faults.Explain(e, session.Address).Lines[0]))
                    : tool.FailAsync(e, session.Address, session.AsJson));
                return ExitCodes.NotReached;
            }
        });
        return command;
    }

    private static async Task<Findings> FindAsync(Session session, string[] only)
    {
        var servers = (await session.ServersAsync()).Servers;
        if (only.Length == 0)
        {
            return Findings.Of((await session.FarmsAsync()).Farms, servers, session.Terminal.Time);
        }
        var farms = new List<V1.Farm>();
        foreach (var farm in only)
        {
            farms.Add((await session.Fleet.GetFarmAsync(new() { Farm = farm }, session.Call)).Farm);
        }
        var members = farms.SelectMany(f => f.Members).Select(m => m.Server).ToHashSet(StringComparer.OrdinalIgnoreCase);
        return Findings.Of(farms, servers.Where(s => members.Contains(s.Name)), session.Terminal.Time);
    }

    private static async Task WriteAsync(Session session, Findings findings)
    {
        foreach (var trouble in findings.Troubles)
        {
            await session.Out.WriteLineAsync(Terminal.Clean($"{trouble.Kind} {trouble.Name} {trouble.Text}"));
        }
        if (findings.Troubles.Count == 0 && session.Terminal.IsRich)
        {
            await session.Out.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"all is well: {findings.Farms.Count} farms, {findings.Servers.Count} servers"));
        }
    }

    private static string JsonOf(Findings findings) => new JsonObject
    {
        ["exitCode"] = findings.ExitCode,
        ["farms"] = findings.Farms.Count,
        ["servers"] = findings.Servers.Count,
        ["troubles"] = new JsonArray([.. findings.Troubles.Select(t => new JsonObject { ["kind"] = t.Kind, ["name"] = t.Name, ["text"] = t.Text })]),
    }.ToJsonString(Indented);
}
