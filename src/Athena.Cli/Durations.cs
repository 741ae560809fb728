using System.CommandLine;
using System.Globalization;
using System.Text.RegularExpressions;

namespace Athena.Cli;

/// <summary>Lengths of time as people type them: `500ms`, `90s`, `1h30m`, `2d`, or `hh:mm:ss`.</summary>
internal static partial class Durations
{
    /// <summary>What is accepted, for help and errors.</summary>
    public const string Forms = "write 500ms, 90s, 1h30m, 2d or hh:mm:ss";

    /// <summary>An option of this form.</summary>
    public static Option<TimeSpan?> Option(string name, string description, bool recursive = false) => new(name)
    {
        Description = description,
        HelpName = "duration",
        Recursive = recursive,
        CustomParser = result =>
        {
            var text = result.Tokens[0].Value;
            if (TryParse(text, out var value) && value > TimeSpan.Zero && value <= TimeSpan.FromDays(1))
            {
                return value;
            }
            result.AddError($"{name}: '{text}' is not a duration of up to a day; {Forms}");
            return null;
        },
    };

    /// <returns>False when the text is no duration, or one that no clock can add.</returns>
    public static bool TryParse(string text, out TimeSpan value)
    {
        value = default;
        if (text.Contains(':', StringComparison.Ordinal))
        {
            return text.Count(c => c == ':') == 2 && TimeSpan.TryParse(text, CultureInfo.InvariantCulture, out value) && value >= TimeSpan.Zero;
        }
        var match = Parts().Match(text);
        if (!match.Success || text.Length == 0)
        {
            return false;
        }
        double[] units = [86_400_000, 3_600_000, 60_000, 1000, 1];
        double milliseconds = 0;
        for (var i = 0; i < units.Length; i++)
        {
            milliseconds += match.Groups[i + 1].Success ? units[i] * double.Parse(match.Groups[i + 1].ValueSpan, CultureInfo.InvariantCulture) : 0;
        }
        if (milliseconds > TimeSpan.FromDays(36_500).TotalMilliseconds)
        {
            return false;
        }
        value = TimeSpan.FromMilliseconds(milliseconds);
        return true;
    }

    /// <summary>Short, for tables: the two largest units.</summary>
    public static string Text(TimeSpan value) => value switch
    {
        { TotalSeconds: < 1 } => string.Create(CultureInfo.InvariantCulture, $"{Math.Max(0, value.TotalMilliseconds):0}ms"),
        { TotalMinutes: < 1 } => string.Create(CultureInfo.InvariantCulture, $"{value.TotalSeconds:0.#}s"),
        { TotalHours: < 1 } => string.Create(CultureInfo.InvariantCulture, $"{value.Minutes}m{value.Seconds:00}s"),
        { TotalDays: < 1 } => string.Create(CultureInfo.InvariantCulture, $"{value.Hours}h{value.Minutes:00}m"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{value.Days}d{value.Hours:00}h"),
    };

    [GeneratedRegex(@"^(?:(\d{1,6}(?:\.\d{1,9})?)d)?(?:(\d{1,9}(?:\.\d{1,9})?)h)?(?:(\d{1,9}(?:\.\d{1,9})?)m(?!s))?(?:(\d{1,9}(?:\.\d{1,9})?)s)?(?:(\d{1,12}(?:\.\d{1,9})?)ms)?\z", RegexOptions.CultureInvariant)]
    private static partial Regex Parts();
}
