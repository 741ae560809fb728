using System.CommandLine;
using System.Globalization;
using Athena.Cli.Calls;
using Athena.Cli.Output;
using Athena.V1;

namespace Athena.Cli.Commands;

/// <summary>`athena explain`: makes a decision and tells why it is as it is.</summary>
internal static class ExplainCommand
{
    public static Command Create(Tool tool)
    {
        var farm = Names.Farm(tool);
        var question = new Question();
        var command = new Command("explain", "Ask for a server and tell why it is that one.") { farm };
        question.AddTo(command);
        tool.Runs(command, async (parse, session) =>
        {
            var request = question.Of(parse, parse.GetRequiredValue(farm));
            request.Explain = true;
            var decision = await session.Balancer.BalanceAsync(request, session.Call);
            if (session.AsJson)
            {
                await session.Out.WriteLineAsync(Json.Of(decision));
                return ExitCodes.Well;
            }
            await session.Out.WriteLineAsync(BalanceCommand.Line(decision, quiet: false));
            if (decision.Explanation is not { } explanation)
            {
                throw new CommandFault($"{session.Address} answered without an explanation: it is older than this tool");
            }
            await WriteAsync(session, decision, explanation);
            return ExitCodes.Well;
        });
        return command;
    }

    private static async Task WriteAsync(Session session, BalanceResponse decision, Explanation explanation)
    {
        var head = $"farm {decision.Farm}, policy {explanation.Policy}, seed {Text(decision.Seed)}, revision {Text(decision.Revision)}";
        head += explanation.Steering.Length > 0 ? $", steering: {explanation.Steering}" : "";
        await session.Out.WriteLineAsync(Terminal.Clean(head));
        var grid = new Grid("", "SERVER", "ELIGIBLE", "TIER", "WEIGHT", "SCORE", "OF", "WHY NOT");
        foreach (var member in explanation.Members)
        {
            var causes = Words.Of(member.Causes, session.Terminal.Time, withFarm: false);
            var whyNot = member.Excluded ? string.Join("; ", new[] { "excluded by the caller", causes }.Where(c => c.Length > 0)) : causes;
            grid.Add(
                member.Server.Equals(decision.Server, StringComparison.OrdinalIgnoreCase) ? "*" : " ",
                member.Server,
                new Cell(member.Eligible ? "yes" : "no", member.Eligible ? Tone.Good : Words.ToneOf(false, member.Causes)),
                Text(member.Tier),
                Text(Math.Round(member.Weight, 3)),
                member.HasScore ? Text(Math.Round(member.Score, 4)) : "",
                string.Join(", ", member.Terms.Select(Term)),
                whyNot);
        }
        await grid.WriteAsync(session.Terminal);
        if (explanation.Draws.Count > 0)
        {
            await session.Out.WriteLineAsync($"draws: {string.Join(", ", explanation.Draws.Select(d => Text(d)))}");
        }
    }

    private static string Term(ScoreTerm term) => $"{term.Name}={Text(Math.Round(term.Value, 4))}{(term.Age is null ? "" : $" ({Words.Of(term.Age)} old)")}";

    private static string Text(IFormattable number) => number.ToString(null, CultureInfo.InvariantCulture);
}
