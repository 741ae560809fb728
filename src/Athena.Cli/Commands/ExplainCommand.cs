using System.CommandLine;
using Athena.Cli.Output;
using Athena.Client;

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
            foreach (var line in ExplanationText.Of(decision).TrimEnd('\n').Split('\n'))
            {
                await session.Terminal.WriteLineAsync(line, ToneOf(line));
            }
            return decision.Explanation is not null ? ExitCodes.Well
                : throw new CommandFault($"{session.Address} answered without an explanation: it is older than this tool");
        });
        return command;
    }

    /// <summary>Members' lines begin with a mark: the one chosen, and those that could not be.</summary>
    private static Tone ToneOf(string line) => line switch
    {
        ['*', ..] => Tone.Good,
        ['-', ..] => Tone.Faint,
        _ => Tone.Plain,
    };
}
