using System.CommandLine.Parsing;
using System.Globalization;

namespace Athena.Cli.Commands;

/// <summary>Arguments of the form name=value.</summary>
internal static class Pairs
{
    public static KeyValuePair<string, string> Parse(string text, ArgumentResult result)
    {
        var at = text.IndexOf('=', StringComparison.Ordinal);
        if (at <= 0)
        {
            result.AddError($"'{text}' is not of the form name=value");
            return new("", "");
        }
        return new(text[..at], text[(at + 1)..]);
    }

    public static KeyValuePair<string, double> Number(string text, ArgumentResult result)
    {
        var (name, value) = Parse(text, result);
        if (name.Length > 0 && !double.TryParse(value, NumberStyles.Float, CultureInfo.InvariantCulture, out _))
        {
            result.AddError($"'{text}': '{value}' is not a number");
        }
        return new(name, double.TryParse(value, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) ? number : 0);
    }
}
