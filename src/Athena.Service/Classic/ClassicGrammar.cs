using System.Text;

namespace Athena.Service.Classic;

/// <summary>One argument of a request: `key=value`, or a word without key.</summary>
internal readonly record struct ClassicArgument(string Key, string Value)
{
    /// <summary>Whether it is a word without key.</summary>
    public bool IsBare => Key.Length == 0;
}

/// <summary>Arguments separated by commas, requests by '&amp;'. A value in double quotes may contain both; in any value a backslash escapes a quote or a backslash.</summary>
internal static class ClassicGrammar
{
    /// <summary>Most requests in one text.</summary>
    public const int MaxRequests = 16;

    /// <summary>The requests, each with its arguments, in order.</summary>
    /// <returns>Null when the text is none; then the fault says why.</returns>
    public static List<List<ClassicArgument>>? Parse(string text, out ClassicFault? fault)
    {
        var requests = new List<List<ClassicArgument>>();
        var at = 0;
        do
        {
            if (requests.Count == MaxRequests)
            {
                fault = TooMany();
                return null;
            }
            var request = new List<ClassicArgument>();
            do
            {
                if (Argument(text, ref at, out fault) is not { } argument)
                {
                    return null;
                }
                request.Add(argument);
            }
            while (Skip(text, ',', ref at));
            requests.Add(request);
        }
        while (Skip(text, '&', ref at));
        fault = null;
        return requests;
    }

    /// <summary>Too many requests: nothing is done.</summary>
    public static ClassicFault TooMany() => ClassicFault.TooMuch($"more than {MaxRequests} requests in one query; nothing was done");

    /// <summary>Requests as text that <see cref="Parse"/> reads back.</summary>
    public static string Print(IEnumerable<IEnumerable<ClassicArgument>> requests) => string.Join('&', requests.Select(Print));

    /// <summary>One request as text that <see cref="Parse"/> reads back.</summary>
    public static string Print(IEnumerable<ClassicArgument> request) =>
        string.Join(',', request.Select(a => a.IsBare ? a.Value : $"{a.Key}={Quoted(a.Value)}"));

    /// <summary>Whether the text may be a key: letters, digits, '_', '.', '-'.</summary>
    public static bool IsKey(ReadOnlySpan<char> text)
    {
        foreach (var c in text)
        {
            if (!char.IsAsciiLetterOrDigit(c) && c is not ('_' or '.' or '-'))
            {
                return false;
            }
        }
        return !text.IsEmpty;
    }

    private static string Quoted(string value) => value.AsSpan().IndexOfAny(",&\"\\") < 0
        ? value
        : $"\"{value.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal)}\"";

    private static bool Skip(string text, char separator, ref int at)
    {
        if (at < text.Length && text[at] == separator)
        {
            at++;
            return true;
        }
        return false;
    }

    private static ClassicArgument? Argument(string text, ref int at, out ClassicFault? fault)
    {
        var start = at;
        var end = text.AsSpan(start).IndexOfAny(',', '&', '=');
        at = end < 0 ? text.Length : start + end;
        var word = text[start..at];
        if (at == text.Length || text[at] != '=')
        {
            fault = word.Length == 0 ? ClassicFault.Syntax($"an argument is empty in '{ClassicFault.Shown(text)}'")
                : word.Contains('"', StringComparison.Ordinal) ? ClassicFault.Syntax($"a quote stands where only a value may have one: '{ClassicFault.Shown(word)}'")
                : null;
            return fault is null ? new ClassicArgument("", word) : null;
        }
        if (!IsKey(word))
        {
            fault = ClassicFault.Syntax($"'{ClassicFault.Shown(word)}' is not a key; a key is letters, digits, '_', '.', '-'");
            return null;
        }
        at++;
        return Value(text, ref at, out fault) is { } value ? new ClassicArgument(word, value) : null;
    }

    private static string? Value(string text, ref int at, out ClassicFault? fault)
    {
        var start = at;
        var isQuoted = Skip(text, '"', ref at);
        var value = new StringBuilder();
        for (; at < text.Length; at++)
        {
            var c = text[at];
            if (c == '\\' && at + 1 < text.Length && text[at + 1] is '"' or '\\')
            {
                c = text[++at];
            }
            else if (c == '"')
            {
                break;
            }
            else if (!isQuoted && c is ',' or '&')
            {
                break;
            }
            value.Append(c);
        }
        var isClosed = Skip(text, '"', ref at);
        if (isClosed == isQuoted && (at == text.Length || text[at] is ',' or '&'))
        {
            fault = null;
            return value.ToString();
        }
        fault = ClassicFault.Syntax(isQuoted && !isClosed
            ? $"the quote is not closed: '{ClassicFault.Shown(text[start..])}'"
            : $"a quote may only enclose a whole value: '{ClassicFault.Shown(text[start..])}'");
        return null;
    }
}
