using System.CommandLine;
using Google.Protobuf.WellKnownTypes;

namespace Athena.Cli.Commands;

/// <summary>What every operator's change has: who, why, until when, and on what condition.</summary>
internal sealed class OperatorOptions
{
    private readonly Tool _tool;
    private readonly Option<string> _reason = new("--reason", "-r") { Description = "Why, for everybody who looks at it later.", HelpName = "text" };
    private readonly Option<string> _actor = new("--actor") { Description = "Who makes the change. Default: ATHENA_ACTOR, else the name of the user.", HelpName = "name" };
    private readonly Option<DateTimeOffset?> _until;
    private readonly Option<long?> _revision = new("--expected-revision") { Description = "Change only when this is the present revision.", HelpName = "revision" };
    private readonly Option<bool> _dryRun = new("--dry-run") { Description = "Only check; change nothing." };

    public OperatorOptions(Tool tool)
    {
        _tool = tool;
        _until = new("--until", "-u")
        {
            Description = "When the change ends by itself: a duration (2h30m), a time (14:00) or a date (2026-11-22T14:00, local, or with Z).",
            HelpName = "when",
            CustomParser = result =>
            {
                var text = result.Tokens[0].Value;
                if (Moments.TryParse(text, tool.Terminal.Time, out var value))
                {
                    return value;
                }
                result.AddError($"--until: '{text}' is neither a duration nor a time; write 2h30m, 14:00 or 2026-11-22T14:00");
                return null;
            },
        };
    }

    /// <param name="command">Takes the options.</param>
    /// <param name="withUntil">Whether the change may end by itself.</param>
    /// <param name="withRevision">Whether it is one change, which a condition may hang on.</param>
    public void AddTo(Command command, bool withUntil, bool withRevision = true)
    {
        command.Add(_reason);
        if (withUntil)
        {
            command.Add(_until);
        }
        command.Add(_actor);
        if (withRevision)
        {
            command.Add(_revision);
        }
        command.Add(_dryRun);
    }

    public string Reason(ParseResult parse) => parse.GetValue(_reason) ?? "";

    public string Actor(ParseResult parse) => parse.GetValue(_actor) ?? _tool.Terminal.Variable("ATHENA_ACTOR") ?? Environment.UserName;

    public Timestamp? Until(ParseResult parse) => parse.GetValue(_until) is { } until ? Timestamp.FromDateTimeOffset(until) : null;

    public long? Revision(ParseResult parse) => parse.GetValue(_revision);

    public bool DryRun(ParseResult parse) => parse.GetValue(_dryRun);
}
