using System.CommandLine;
using System.Text.Json.Nodes;
using Athena.Cli.Calls;
using Athena.Cli.Mirror;
using Athena.Cli.Output;
using Grpc.Core;

namespace Athena.Cli.Commands;

/// <summary>`athena mirror FROM TO`: copies farms, servers, forwards and operators' states from one service to another.</summary>
internal static class MirrorCommand
{
    /// <summary>What is made in one round has its states set in the next; more rounds than this mean that two writers quarrel.</summary>
    private const int MostRounds = 3;

    public static Command Create(Tool tool)
    {
        var from = new Argument<string>("from") { HelpName = "from", Description = "gRPC address of the service to copy from." };
        var to = new Argument<string>("to") { HelpName = "to", Description = "gRPC address of the service to copy to." };
        var continuous = new Option<bool>("--continuous", "-c") { Description = "Go on copying every change until Ctrl-C, also when either service was away." };
        var statesOnly = new Option<bool>("--states-only") { Description = "Only states and forwards, not the farms and servers themselves." };
        var command = new Command("mirror", "Copy farms, servers and operators' states to another service. The last change wins; freshness is never copied.") { from, to, continuous, statesOnly };
        command.Validators.Add(result =>
        {
            if (string.Equals(result.GetValue(from)?.TrimEnd('/'), result.GetValue(to)?.TrimEnd('/'), StringComparison.OrdinalIgnoreCase))
            {
                result.AddError("from and to are the same service");
            }
        });
        tool.RunsAlone(command, async (parse, cancellation) =>
        {
            using var source = tool.Open(parse, parse.GetRequiredValue(from), cancellation);
            using var target = tool.Open(parse, parse.GetRequiredValue(to), cancellation);
            if (!parse.GetValue(continuous))
            {
                return await OnceAsync(tool, source, target, parse.GetValue(statesOnly));
            }
            var loop = new MirrorLoop(source, target, parse.GetValue(statesOnly), done => TellAsync(source, done), text => tool.SayAsync([text]));
            await loop.RunAsync();
            return ExitCodes.Well;
        });
        return command;
    }

    private static async Task<int> OnceAsync(Tool tool, Session source, Session target, bool statesOnly)
    {
        var copier = new Copier(source, target, statesOnly);
        var all = new List<Copied>();
        for (var round = 0; round < MostRounds; round++)
        {
            FleetView from, to;
            try
            {
                from = await LookAsync(source);
            }
            catch (RpcException e)
            {
                return await tool.FailAsync(e, source.Address, source.AsJson);
            }
            try
            {
                to = await LookAsync(target);
            }
            catch (RpcException e)
            {
                return await tool.FailAsync(e, target.Address, source.AsJson);
            }
            var done = await copier.CopyAsync(from, to);
            await TellAsync(source, done);
            all.AddRange(done);
            if (!done.Any(d => d.Done) && !copier.IsBehind)
            {
                break;
            }
        }
        if (all.Count == 0 && !source.AsJson)
        {
            await source.Out.WriteLineAsync("nothing to copy: they stand alike");
        }
        return all.All(d => d.Done) ? ExitCodes.Well : ExitCodes.Refused;
    }

    private static async Task<FleetView> LookAsync(Session session) => FleetView.Of(await session.FarmsAsync(), await session.ServersAsync());

    private static async Task TellAsync(Session session, IReadOnlyList<Copied> done)
    {
        foreach (var copied in done)
        {
            await session.Out.WriteLineAsync(session.AsJson
                ? new JsonObject { ["subject"] = copied.Subject, ["what"] = copied.What, ["done"] = copied.Done }.ToJsonString()
                : Terminal.Clean($"{Moments.Text(Google.Protobuf.WellKnownTypes.Timestamp.FromDateTimeOffset(session.Terminal.Time.GetUtcNow()), session.Terminal.Time)}  {copied.Subject}: {copied.What}"));
        }
        await session.Out.FlushAsync(session.Cancellation);
    }
}
