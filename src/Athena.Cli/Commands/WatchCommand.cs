using System.CommandLine;
using System.Globalization;
using Athena.Cli.Calls;
using Athena.Cli.Output;
using Athena.V1;
using Grpc.Core;

namespace Athena.Cli.Commands;

/// <summary>`athena watch`: the states, then every change as it happens. A stream that breaks is resumed where it broke.</summary>
internal static class WatchCommand
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    public static Command Create(Tool tool)
    {
        var farms = Names.FarmOptions(tool, "Only this farm and its members. May be repeated.");
        var servers = Names.ServerOptions(tool, "Only this server. May be repeated.");
        var resume = new Option<long?>("--resume") { Description = "Begin with what changed after this revision, without the states as they are.", HelpName = "revision" };
        var command = new Command("watch", "Show states, then every change as it happens, until Ctrl-C.") { farms, servers, resume };
        tool.Runs(command, async (parse, session) =>
        {
            var request = new WatchHealthRequest { Farms = { parse.GetValue(farms) ?? [] }, Servers = { parse.GetValue(servers) ?? [] } };
            if (parse.GetValue(resume) is { } revision)
            {
                request.ResumeRevision = revision;
            }
            return await WatchAsync(tool, session, request);
        });
        return command;
    }

    private static async Task<int> WatchAsync(Tool tool, Session session, WatchHealthRequest request)
    {
        var writer = new ChangeWriter(session.Terminal);
        var (begun, lost) = (false, false);
        while (true)
        {
            try
            {
                using var call = session.Watch.WatchHealth(request, cancellationToken: session.Cancellation);
                while (await call.ResponseStream.MoveNext(session.Cancellation))
                {
                    if (lost)
                    {
                        await tool.SayAsync([$"{session.Address} is back"]);
                        lost = false;
                    }
                    begun = true;
                    var message = call.ResponseStream.Current;
                    request.ResumeRevision = RevisionOf(message);
                    await (session.AsJson ? session.Out.WriteLineAsync(Json.Line(message)) : writer.WriteAsync(message));
                    await session.Out.FlushAsync(session.Cancellation);
                }
            }
            catch (Exception e) when (session.Cancellation.IsCancellationRequested && e is OperationCanceledException or RpcException { StatusCode: StatusCode.Cancelled })
            {
                return ExitCodes.Well;
            }
            catch (RpcException e) when (begun && Faults.Explain(e, session.Address).ExitCode == ExitCodes.NotReached)
            {
                // Said below.
            }
            if (!lost)
            {
                await tool.SayAsync([$"{session.Address} ended the stream; trying again until it is back"]);
                lost = true;
            }
            try
            {
                await Task.Delay(Pause, session.Terminal.Time, session.Cancellation);
            }
            catch (OperationCanceledException)
            {
                return ExitCodes.Well;
            }
        }
    }

    private static long RevisionOf(WatchHealthResponse message) => message.EventCase switch
    {
        WatchHealthResponse.EventOneofCase.Snapshot => message.Snapshot.Revision,
        WatchHealthResponse.EventOneofCase.Change => message.Change.Revision,
        _ => message.Bookmark.Revision,
    };

    /// <summary>Steps of the stream as lines for people.</summary>
    internal sealed class ChangeWriter(Terminal terminal)
    {
        public async Task WriteAsync(WatchHealthResponse message)
        {
            switch (message.EventCase)
            {
                case WatchHealthResponse.EventOneofCase.Snapshot:
                    await SnapshotAsync(message.Snapshot);
                    break;
                case WatchHealthResponse.EventOneofCase.Change:
                    await ChangeAsync(message.Change);
                    break;
                default:
                    // A bookmark says nothing to people.
                    break;
            }
        }

        private async Task SnapshotAsync(HealthSnapshot snapshot)
        {
            var grid = new Grid("SUBJECT", "STATE", "CAUSES");
            foreach (var farm in snapshot.Farms)
            {
                var tone = farm.Status.Admin == AdminState.Off ? Tone.Warning : farm.Status.Serving ? Tone.Good : Tone.Bad;
                grid.Add($"farm {farm.Farm}", new Cell(Words.Of(farm.Status), tone), Words.Of(farm.Status.Causes, terminal.Time));
            }
            foreach (var server in snapshot.Servers)
            {
                grid.Add(server.Server, new Cell(Words.Of(server.Status), Words.ToneOf(server.Status.Available, server.Status.Causes)), Words.Of(server.Status.Causes, terminal.Time));
            }
            await grid.WriteAsync(terminal);
            await terminal.Out.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"revision {snapshot.Revision}; changes follow, Ctrl-C ends"));
        }

        private async Task ChangeAsync(HealthChange change)
        {
            var (subject, before, after, causes, tone) = change.SubjectCase == HealthChange.SubjectOneofCase.Farm
                ? ($"farm {change.Farm.Farm}", change.Farm.OldStatus is null ? "new" : Words.Of(change.Farm.OldStatus), Words.Of(change.Farm.NewStatus), Words.Of(change.Farm.NewStatus?.Causes ?? [], terminal.Time),
                    change.Farm.NewStatus?.Serving == true ? Tone.Good : Tone.Bad)
                : (change.Server.Server, change.Server.OldStatus is null ? "new" : Words.Of(change.Server.OldStatus), Words.Of(change.Server.NewStatus), Words.Of(change.Server.NewStatus?.Causes ?? [], terminal.Time),
                    Words.ToneOf(change.Server.NewStatus?.Available == true, change.Server.NewStatus?.Causes ?? []));
            var by = change.Actor.Length > 0 ? $" by {change.Actor}" : "";
            by += change.Reason.Length > 0 ? $": {change.Reason}" : "";
            var step = before == after ? after : $"{before} -> {after}";
            var line = $"{Moments.Text(change.ChangeTime, terminal.Time)}  {subject}  {step}{by}{(causes.Length > 0 ? $"  [{causes}]" : "")}{(change.Merged > 0 ? $"  ({change.Merged} earlier changes merged)" : "")}";
            await terminal.WriteLineAsync(line, tone);
        }
    }
}
