using System.Globalization;
using System.Text;
using Athena.V1;
using Google.Protobuf.WellKnownTypes;

namespace Athena.Client;

/// <summary>An explained decision as text for people: docs/explain.md shows one.</summary>
public static class ExplanationText
{
    private static readonly string[] Header = ["", "server", "weight", "in flight", "score", "why"];

    /// <summary>The text of a decision, in lines that end with a line feed. Without an explanation only what was decided.</summary>
    /// <param name="decision">The decision.</param>
    public static string Of(BalanceResponse decision)
    {
        ArgumentNullException.ThrowIfNull(decision);
        using var writer = new StringWriter(CultureInfo.InvariantCulture) { NewLine = "\n" };
        Write(writer, decision);
        return writer.ToString();
    }

    /// <summary>Writes the text of a decision.</summary>
    /// <param name="writer">Where to; its own line ends are used.</param>
    /// <param name="decision">The decision.</param>
    public static void Write(TextWriter writer, BalanceResponse decision)
    {
        ArgumentNullException.ThrowIfNull(writer);
        ArgumentNullException.ThrowIfNull(decision);
        var answer = decision.Url.Length > 0 ? decision.Url : $"{decision.Server} at {decision.Address}";
        writer.WriteLine(Invariant($"farm {decision.Farm}: {answer} (revision {decision.Revision}, seed {decision.Seed})"));
        foreach (var hop in decision.Hops)
        {
            writer.WriteLine($"forwarded: {hop.From} -> {hop.To}, {Words(hop.Reason)}");
        }
        if (decision.Explanation is not { } told)
        {
            return;
        }
        if (told.Steering.Length > 0)
        {
            writer.WriteLine($"steering: {told.Steering}");
        }
        if (told.Panicked)
        {
            writer.WriteLine("panic: so few members are available that health and freshness are ignored");
        }
        var wins = told.Members.Any(m => m.HasScore) ? told.LargestWins ? ", the largest score wins" : ", the least score wins" : "";
        writer.WriteLine(Invariant($"policy {told.Policy}, rule {told.Rule}{(told.HasTier ? $", tier {told.Tier}" : "")}{wins}{(told.HasThreshold ? $", threshold {Number(told.Threshold)}" : "")}"));
        foreach (var server in told.PassedOver)
        {
            writer.WriteLine($"passed over: {server}, which may not serve this question");
        }
        if (told.Steps.Count > 0)
        {
            writer.WriteLine($"drawn: {string.Join(", ", told.Steps.Select(Step))}");
        }
        if (told.RunnersUp.Count > 0)
        {
            writer.WriteLine($"next best: {string.Join(", ", told.RunnersUp)}");
        }
        writer.WriteLine();
        WriteTable(writer, [Header, .. told.Members.Select(Row)]);
    }

    private static string[] Row(MemberExplanation member) =>
    [
        member.Chosen ? "*" : member.Eligible ? "" : "-",
        member.StandIn.Length > 0 ? $"{member.Server} ({member.StandIn})" : member.Server,
        Number(member.Weight),
        Number(member.InFlight),
        member.HasScore ? Number(member.Score) : "",
        string.Join("; ", Removed(member).Append(string.Join(", ", member.Terms.Select(Term))).Where(t => t.Length > 0)),
    ];

    private static IEnumerable<string> Removed(MemberExplanation member)
    {
        foreach (var cause in member.Causes)
        {
            yield return Cause(cause);
        }
        if (member.Excluded)
        {
            yield return member.LabelMismatch ? "not the labels asked for" : "excluded by the caller";
        }
        if (member.OtherTier)
        {
            yield return Invariant($"tier {member.Tier} was not drawn");
        }
        if (member.OverShare)
        {
            yield return "over its share since its last report";
        }
    }

    private static string Cause(Cause cause)
    {
        var text = new StringBuilder(Words(cause.Kind));
        text.Append(cause.Farm.Length > 0 ? $" in {cause.Farm}" : "");
        text.Append(cause.Actor.Length > 0 ? $" by {cause.Actor}" : "");
        text.Append(cause.SinceTime is { } since ? $" since {Time(since)}" : "");
        text.Append(cause.UntilTime is { } until ? $" until {Time(until)}" : "");
        text.Append(cause.Reason.Length > 0 ? $": {cause.Reason}" : "");
        return text.ToString();
    }

    private static string Term(ScoreTerm term)
    {
        var text = new StringBuilder(term.HasCoefficient && term.Coefficient != 1 ? $"{Number(term.Coefficient)} x " : "");
        text.Append(CultureInfo.InvariantCulture, $"{term.Name} {Number(term.Value)}");
        text.Append((term.Assumed, term.Age) switch
        {
            (false, null) => "",
            (true, null) => " assumed",
            (false, { } age) => Invariant($" ({age.ToTimeSpan().TotalSeconds:0.0} s old)"),
            (true, { } age) => Invariant($" assumed, for its own is {age.ToTimeSpan().TotalSeconds:0.0} s old"),
        });
        return text.ToString();
    }

    private static string Step(PickStep step) => Invariant($"{step.Purpose} {step.Bits}") + (step.Server.Length > 0 ? $" -> {step.Server}" : "");

    private static void WriteTable(TextWriter writer, string[][] rows)
    {
        var widths = Enumerable.Range(0, Header.Length).Select(c => rows.Max(r => r[c].Length)).ToArray();
        foreach (var row in rows)
        {
            writer.WriteLine(string.Join("  ", row.Select((cell, c) => c is 2 or 3 or 4 ? cell.PadLeft(widths[c]) : cell.PadRight(widths[c]))).TrimEnd());
        }
    }

    private static string Number(double number) => number.ToString("0.####", CultureInfo.InvariantCulture) is var text && text.Length < 16 ? text : number.ToString("G5", CultureInfo.InvariantCulture);

    private static string Time(Timestamp time) => time.ToDateTimeOffset().ToString("yyyy-MM-dd HH:mm:ss'Z'", CultureInfo.InvariantCulture);

    private static string Words<T>(T value)
        where T : struct, System.Enum => string.Concat(value.ToString().Select((c, i) => char.IsUpper(c) ? (i > 0 ? " " : "") + char.ToLowerInvariant(c) : c.ToString()));

    private static string Invariant(FormattableString text) => FormattableString.Invariant(text);
}
