using System.CommandLine;
using Athena.Cli.Calls;
using Athena.Cli.Output;
using Athena.V1;
using Grpc.Core;

namespace Athena.Cli.Commands;

/// <summary>`athena balance`: which server of these farms should I use now?</summary>
internal static class BalanceCommand
{
    public static Command Create(Tool tool)
    {
        var farms = Names.Farms(tool, "Farms to ask for; one line each.");
        var question = new Question();
        var alternates = new Option<uint>("--alternates") { Description = "How many further servers to name, best first: 0 to 16.", HelpName = "number" };
        var quiet = new Option<bool>("--quiet", "-q") { Description = "Only the address, for scripts." };
        var command = new Command("balance", "Ask for a server of a farm.") { farms, alternates, quiet };
        question.AddTo(command);
        tool.Runs(command, async (parse, session) =>
        {
            var names = parse.GetRequiredValue(farms);
            BalanceRequest Request(string farm)
            {
                var request = question.Of(parse, farm);
                request.Alternates = parse.GetValue(alternates);
                return request;
            }
            return names.Length == 1
                ? await OneAsync(session, Request(names[0]), parse.GetValue(quiet))
                : await ManyAsync(tool, session, new BalanceManyRequest { Requests = { names.Select(Request) } }, parse.GetValue(quiet));
        });
        return command;
    }

    private static async Task<int> OneAsync(Session session, BalanceRequest request, bool quiet)
    {
        var decision = await session.Balancer.BalanceAsync(request, session.Call);
        await session.Out.WriteLineAsync(session.AsJson ? Json.Of(decision) : Line(decision, quiet));
        return ExitCodes.Well;
    }

    private static async Task<int> ManyAsync(Tool tool, Session session, BalanceManyRequest request, bool quiet)
    {
        var answers = await session.Balancer.BalanceManyAsync(request, session.Call);
        if (session.AsJson)
        {
            await session.Out.WriteLineAsync(Json.Of(answers));
        }
        var exitCode = ExitCodes.Well;
        foreach (var (farm, answer) in request.Requests.Select(r => r.Farm).Zip(answers.Answers))
        {
            if (answer.Error is { } error)
            {
                exitCode = Math.Max(exitCode, session.AsJson ? Faults.Explain(error.ToRpcException(), session.Address).ExitCode : await tool.FailAsync(error.ToRpcException(), session.Address, json: false));
            }
            else if (!session.AsJson)
            {
                await session.Out.WriteLineAsync($"{Terminal.Clean(farm)} {Line(answer.Decision, quiet)}");
            }
        }
        return exitCode;
    }

    /// <summary>`app01 http://127.0.0.1:9001`, or the URL to go to instead; then what is special.</summary>
    internal static string Line(BalanceResponse decision, bool quiet)
    {
        var place = Terminal.Clean(decision.Url.Length > 0 ? decision.Url : decision.Address);
        if (quiet)
        {
            return place;
        }
        var line = decision.Url.Length > 0 ? place : $"{Terminal.Clean(decision.Server)} {place}";
        line += decision.Alternates.Count > 0 ? $", else {string.Join(", ", decision.Alternates.Select(a => Terminal.Clean($"{a.Server} {a.Address}")))}" : "";
        string?[] remarks =
        [
            decision.Pinned ? "pinned" : null,
            decision.Steered ? "steered" : null,
            decision.Panicked ? "panic: health was ignored" : null,
            .. decision.Hops.Select(h => Terminal.Clean($"forwarded {h.From} -> {h.To}: {Words.Of(h.Reason)}")),
        ];
        var said = remarks.Where(r => r is not null).ToArray();
        return said.Length > 0 ? $"{line} ({string.Join("; ", said)})" : line;
    }
}
