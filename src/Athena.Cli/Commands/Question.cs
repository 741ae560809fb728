using System.CommandLine;
using Athena.V1;

namespace Athena.Cli.Commands;

/// <summary>What a question for a server may carry beside the farm; `balance`, `explain` and `simulate` take the same.</summary>
internal sealed class Question
{
    private readonly Option<string> _hashKey = new("--hash-key") { Description = "What consistent_hash hashes, such as a session number.", HelpName = "text" };
    private readonly Option<string> _steering = new("--steer") { Description = "Steering token.", HelpName = "token" };
    private readonly Option<string[]> _exclude = new("--exclude") { Description = "Server not to choose. May be repeated.", HelpName = "server" };
    private readonly Option<KeyValuePair<string, string>[]> _labels;
    private readonly Option<string> _pinned = new("--pinned") { Description = "Server that the session is pinned to.", HelpName = "server" };
    private readonly Option<string> _priority = new("--priority") { Description = "How much of the farm's capacity may be filled: low, normal or high. Default normal.", HelpName = "class" };
    private readonly Option<ulong?> _seed = new("--seed") { Description = "Makes the pick repeatable.", HelpName = "number" };

    public Question()
    {
        _labels = new("--label")
        {
            Description = "Only servers with this label. May be repeated.",
            HelpName = "name=value",
            CustomParser = result => [.. result.Tokens.Select(t => Pairs.Parse(t.Value, result))],
        };
        _priority.AcceptOnlyFromAmong("low", "normal", "high");
    }

    public void AddTo(Command command)
    {
        command.Add(_hashKey);
        command.Add(_steering);
        command.Add(_exclude);
        command.Add(_labels);
        command.Add(_pinned);
        command.Add(_priority);
        command.Add(_seed);
    }

    public BalanceRequest Of(ParseResult parse, string farm)
    {
        var request = new BalanceRequest
        {
            Farm = farm,
            Priority = parse.GetValue(_priority) switch
            {
                "low" => PriorityClass.Low,
                "normal" => PriorityClass.Normal,
                "high" => PriorityClass.High,
                _ => PriorityClass.Unspecified,
            },
        };
        request.Exclude.AddRange(parse.GetValue(_exclude) ?? []);
        foreach (var (name, value) in parse.GetValue(_labels) ?? [])
        {
            request.Labels[name] = value;
        }
        if (parse.GetValue(_hashKey) is { } key)
        {
            request.HashKey = key;
        }
        if (parse.GetValue(_steering) is { } steering)
        {
            request.Steering = steering;
        }
        if (parse.GetValue(_pinned) is { } pinned)
        {
            request.PinnedServer = pinned;
        }
        if (parse.GetValue(_seed) is { } seed)
        {
            request.Seed = seed;
        }
        return request;
    }
}
