using System.CommandLine;
using System.Globalization;
using Athena.Cli.Calls;
using Athena.Cli.Output;
using Athena.V1;
using Grpc.Core;

namespace Athena.Cli.Commands;

/// <summary>`athena stats push` and `athena stats show`.</summary>
internal static class StatsCommand
{
    /// <summary>Reports that travel in one message when they come from standard input.</summary>
    private const int Batch = 500;

    public static Command Create(Tool tool) => new("stats", "Push statistics of a server, or show them.") { Push(tool), Show(tool) };

    private static Command Push(Tool tool)
    {
        var server = Names.Server(tool, "Name of the server, or - to read lines of `server name=value ...` from standard input until it ends.");
        var numbers = new Argument<KeyValuePair<string, double>[]>("name=value")
        {
            Description = "Statistics; all are taken or none. None at all is a sign of life.",
            Arity = ArgumentArity.ZeroOrMore,
            CustomParser = result => [.. result.Tokens.Select(t => Pairs.Number(t.Value, result))],
        };
        var command = new Command("push", "Push statistics of a server.") { server, numbers };
        tool.Runs(command, async (parse, session) =>
        {
            if (parse.GetRequiredValue(server) is not "-" and var name)
            {
                var answer = await session.Stats.UpdateStatsAsync(Report(name, parse.GetValue(numbers) ?? []), session.Call);
                if (session.AsJson)
                {
                    await session.Out.WriteLineAsync(Json.Of(answer));
                }
                return ExitCodes.Well;
            }
            return await StreamAsync(tool, session);
        });
        return command;
    }

    private static Command Show(Tool tool)
    {
        var server = Names.Server(tool, "Name of the server.");
        var command = new Command("show", "Show what a server reported.") { server };
        tool.Runs(command, async (parse, session) =>
        {
            var answer = await session.Stats.GetStatsAsync(new() { Server = parse.GetRequiredValue(server) }, session.Call);
            if (session.AsJson)
            {
                await session.Out.WriteLineAsync(Json.Of(answer));
                return ExitCodes.Well;
            }
            var age = answer.Age is null ? "never reported" : $"reported {Words.Of(answer.Age)} ago";
            await session.Out.WriteLineAsync(Terminal.Clean(string.Create(CultureInfo.InvariantCulture, $"{answer.Server}: {age}, {answer.InFlight} in flight, chosen {answer.SinceReport} times since")));
            if (answer.Stats.Count > 0)
            {
                var grid = new Grid("STATISTIC", "VALUE", "AGE");
                foreach (var (name, statistic) in answer.Stats.OrderBy(s => s.Key, StringComparer.Ordinal))
                {
                    grid.Add(name, statistic.Value.ToString(CultureInfo.InvariantCulture), Words.Of(statistic.Age));
                }
                await grid.WriteAsync(session.Terminal);
            }
            return ExitCodes.Well;
        });
        return command;
    }

    private static UpdateStatsRequest Report(string server, IEnumerable<KeyValuePair<string, double>> numbers)
    {
        var report = new UpdateStatsRequest { Server = server };
        foreach (var (name, value) in numbers)
        {
            report.Stats[name] = value;
        }
        return report;
    }

    /// <summary>One stream for all lines; a line that is none is named and left out.</summary>
    private static async Task<int> StreamAsync(Tool tool, Session session)
    {
        using var call = session.Stats.StreamStats(cancellationToken: session.Cancellation);
        var (batch, bad) = (new StreamStatsRequest(), 0);
        while (await session.Terminal.In.ReadLineAsync(session.Cancellation) is { } line)
        {
            if (Line(line) is { } report)
            {
                batch.Reports.Add(report);
            }
            else if (line.Trim().Length > 0)
            {
                bad++;
                await tool.SayAsync([$"'{Terminal.Clean(line)}' is not of the form `server name=value ...`; left out"]);
            }
            // A pipe that is slower than the network is sent line by line.
            if (batch.Reports.Count >= Batch || (batch.Reports.Count > 0 && session.Terminal.In.Peek() < 0))
            {
                await call.RequestStream.WriteAsync(batch, session.Cancellation);
                batch = new StreamStatsRequest();
            }
        }
        if (batch.Reports.Count > 0)
        {
            await call.RequestStream.WriteAsync(batch, session.Cancellation);
        }
        await call.RequestStream.CompleteAsync();
        var answer = await call.ResponseAsync;
        await session.Out.WriteLineAsync(session.AsJson ? Json.Of(answer) : string.Create(CultureInfo.InvariantCulture, $"{answer.Accepted} reports taken, {answer.Rejected + bad} refused"));
        foreach (var rejection in session.AsJson ? [] : answer.Rejections.ToArray())
        {
            await tool.SayAsync([Terminal.Clean($"{rejection.Server}: {rejection.Error.Message}")]);
        }
        return answer.Rejected + bad > 0 ? ExitCodes.Refused : ExitCodes.Well;
    }

    /// <summary>`app01 cpu=12 jobs=3`; null when it is not of this form.</summary>
    internal static UpdateStatsRequest? Line(string line)
    {
        var words = line.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
        if (words.Length == 0)
        {
            return null;
        }
        var report = new UpdateStatsRequest { Server = words[0] };
        foreach (var word in words.Skip(1))
        {
            var at = word.IndexOf('=', StringComparison.Ordinal);
            if (at <= 0 || !double.TryParse(word.AsSpan(at + 1), NumberStyles.Float, CultureInfo.InvariantCulture, out var value))
            {
                return null;
            }
            report.Stats[word[..at]] = value;
        }
        return report;
    }
}
