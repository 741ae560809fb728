using System.Text;
using Athena.Engine;
using Athena.Engine.Farms;
using Athena.Engine.Statistics;
using Athena.Service.Contract;
using Athena.Service.Telemetry;

namespace Athena.Service.Classic;

/// <summary>The function `balance`: the chosen server of each farm asked for, one line each.</summary>
internal sealed class ClassicBalance(Balancer balancer, StatisticNames names, AthenaMetrics metrics, TimeProvider time)
{
    /// <summary>How it is used, for the answer to a request without query.</summary>
    public const string Usage = "usage: balance?FARM[&FARM...][,key=KEY][,exclude=SERVER][,f=FORMAT]";

    private const int MaxKey = 1024;
    private const int MaxToken = 4096;
    private const int MaxExclude = 64;

    /// <summary>Answers a query.</summary>
    /// <param name="raw">The query, without the question mark; not empty.</param>
    public ClassicReply Answer(string raw)
    {
        // Nearly all ask so.
        if (raw[0] != 'E' && EntityName.IsValid(raw))
        {
            return Decide(new Question(new BalanceQuery(raw), null));
        }
        if (ClassicText.Read<List<Question>>(raw, Questions, out var fault) is not { } questions)
        {
            return ClassicReply.Failed(fault!);
        }
        return questions.Select(q => q.Format?.Unknown(names)).FirstOrDefault(u => u is not null) is { } unknown
            ? ClassicReply.Failed(unknown)
            : ClassicReply.Of(questions.ConvertAll(Decide));
    }

    /// <summary>What is asked: several farms in one request share its options.</summary>
    internal static List<Question>? Questions(List<List<ClassicArgument>> requests, out ClassicFault? fault)
    {
        var questions = new List<Question>();
        foreach (var request in requests)
        {
            if (Read(request, questions, out fault) is false)
            {
                return null;
            }
        }
        fault = null;
        return questions;
    }

    private static bool Read(List<ClassicArgument> request, List<Question> questions, out ClassicFault? fault)
    {
        var farms = new List<string>();
        var exclude = new List<string>();
        string? key = null;
        string? token = null;
        string? formatText = null;
        foreach (var argument in request)
        {
            fault = argument.Key switch
            {
                "" or "farm" or "N" or "h" or "host" => Name(argument.Value, "farm", farms),
                "exclude" => argument.Value.Split(',').Select(s => Name(s, "server", exclude)).FirstOrDefault(f => f is not null),
                "key" => Once(argument, MaxKey, ref key),
                "steer" => Once(argument, MaxToken, ref token),
                "f" or "format" => Once(argument, ClassicText.MaxLength, ref formatText),
                _ => ClassicFault.Syntax($"balance does not know '{ClassicFault.Shown(argument.Key)}'; {Usage}"),
            };
            if (fault is not null)
            {
                return false;
            }
        }
        ClassicFormat? format = null;
        fault = farms.Count == 0 ? ClassicFault.Syntax($"no farm is named; {Usage}")
            : exclude.Count > MaxExclude ? ClassicFault.TooMuch($"{exclude.Count} servers to exclude; at most {MaxExclude} are taken")
            : questions.Count + farms.Count > ClassicGrammar.MaxRequests ? ClassicGrammar.TooMany()
            : null;
        if (fault is not null || (formatText is not null && (format = ClassicFormat.Parse(formatText, out fault)) is null))
        {
            return false;
        }
        foreach (var farm in farms)
        {
            var query = new BalanceQuery(farm)
            {
                Exclude = exclude.Count > 0 ? exclude : null,
                HashKey = key is null ? null : HashKey.Of(key),
                Steering = string.IsNullOrEmpty(token) ? null : token,
            };
            questions.Add(new Question(query, format));
        }
        return true;
    }

    private static ClassicFault? Name(string name, string kind, List<string> into)
    {
        into.Add(name);
        return EntityName.IsValid(name) ? null : ClassicFault.Syntax($"'{ClassicFault.Shown(name)}' is not the name of a {kind}; {Usage}");
    }

    private static ClassicFault? Once(ClassicArgument argument, int max, ref string? value)
    {
        var fault = value is not null ? ClassicFault.Syntax($"'{argument.Key}' is given twice")
            : Encoding.UTF8.GetByteCount(argument.Value) > max ? ClassicFault.TooMuch($"'{argument.Key}' is longer than {max} bytes")
            : null;
        value = argument.Value;
        return fault;
    }

    private ClassicReply Decide(Question question)
    {
        var decision = balancer.Decide(question.Query);
        metrics.Decided(decision);
        switch (decision.Kind)
        {
            case DecisionKind.Chosen:
                var member = decision.Member!;
                var server = member.Server;
                return new ClassicReply(question.Format is null ? server.Authority + "\n" : Line(question.Format, decision))
                {
                    Server = server.Name,
                    Farm = decision.Farm!.Name,
                    Address = server.Authority,
                    IsForwarded = decision.LastHop is not null || member.IsStandIn,
                };
            case DecisionKind.ForwardedToUrl:
                return new ClassicReply(decision.Url + "\n") { Farm = decision.Farm!.Name, Address = decision.Url, IsForwarded = true };
            default:
                return ClassicReply.Failed(ClassicFault.Of(ApiErrors.NoServer(decision, question.Query)));
        }
    }

    private string Line(ClassicFormat format, in Decision decision)
    {
        var line = new StringBuilder();
        // A server that stands in may be no member itself; the weight and the farm are those of the one it stands in for.
        format.Write(new ServerSubject(decision.Snapshot, decision.Member!.Server, decision.Member, time), line);
        return line.ToString();
    }

    /// <summary>One farm asked for.</summary>
    internal sealed record Question(BalanceQuery Query, ClassicFormat? Format);
}
