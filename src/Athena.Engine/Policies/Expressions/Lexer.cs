using System.Globalization;
using Athena.Engine.Statistics;

namespace Athena.Engine.Policies.Expressions;

/// <summary>Cuts an expression into tokens. Looks at each character a bounded number of times.</summary>
internal static class Lexer
{
    private static readonly string[] Symbols = ["&&", "||", "==", "!=", "<=", ">=", "<", ">", "+", "-", "*", "/", "!", "?", ":", "(", ")", ","];

    private static readonly Dictionary<char, string> Hints = new()
    {
        ['='] = "'=' is no operator; to compare write '=='",
        ['&'] = "'&' is no operator; did you mean '&&'?",
        ['|'] = "'|' is no operator; did you mean '||'?",
        ['^'] = "'^' is no operator; a power is pow(x, y)",
        ['%'] = "'%' is no operator; a part of 100 is written x/100",
        [';'] = "an expression is one formula, without ';'",
        ['['] = "'[' has no meaning here; group with '(' and ')'",
        ['{'] = "'{' has no meaning here; group with '(' and ')'",
        ['.'] = "a number needs a digit before its point, a statistic a letter before its '.'",
        ['$'] = "a statistic is named without '$'",
    };

    /// <summary>The token at a place or after the blanks there.</summary>
    public static Token At(string text, int start)
    {
        while (start < text.Length && text[start] is ' ' or '\t' or '\r' or '\n')
        {
            start++;
        }
        if (start == text.Length)
        {
            return new Token(TokenKind.End, start, start);
        }
        var first = text[start];
        if (char.IsAsciiDigit(first))
        {
            return Number(text, start);
        }
        if (char.IsAsciiLetter(first) || first == '_')
        {
            return new Token(TokenKind.Name, start, EndOfWord(text, start));
        }
        if (first is '"' or '\'')
        {
            var end = text.IndexOf(first, start + 1);
            return end < 0 ? Bad(start, text.Length, $"the text that begins here has no closing {first}") : new Token(TokenKind.Text, start, end + 1);
        }
        foreach (var symbol in Symbols)
        {
            if (string.CompareOrdinal(text, start, symbol, 0, symbol.Length) == 0)
            {
                return new Token(TokenKind.Symbol, start, start + symbol.Length);
            }
        }
        return Bad(start, start + 1, Hints.GetValueOrDefault(first) ?? $"{Shown(first)} has no meaning here");
    }

    private static Token Number(string text, int start)
    {
        var end = start;
        Digits(text, ref end);
        if (end < text.Length && text[end] == '.')
        {
            end++;
            Digits(text, ref end);
        }
        var mantissa = end;
        if (end < text.Length && text[end] is 'e' or 'E')
        {
            end++;
            end += end < text.Length && text[end] is '+' or '-' ? 1 : 0;
            var exponent = end;
            Digits(text, ref end);
            end = end == exponent ? mantissa : end;
        }
        if (EndOfWord(text, end) is var word && word > end)
        {
            return Bad(start, word, StatisticNames.IsValid(text.AsSpan(start, word - start))
                ? $"not a number; a statistic whose name begins with a digit is written stat(\"{text[start..word]}\")"
                : "not a number");
        }
        var value = double.Parse(text.AsSpan(start, end - start), NumberStyles.Float, CultureInfo.InvariantCulture);
        return double.IsFinite(value) ? new Token(TokenKind.Number, start, end, value) : Bad(start, end, "the number is too large");
    }

    private static void Digits(string text, ref int at)
    {
        while (at < text.Length && char.IsAsciiDigit(text[at]))
        {
            at++;
        }
    }

    private static int EndOfWord(string text, int at)
    {
        while (at < text.Length && (char.IsAsciiLetterOrDigit(text[at]) || text[at] is '.' or '_'))
        {
            at++;
        }
        return at;
    }

    private static Token Bad(int start, int end, string fault) => new(TokenKind.Bad, start, end, Fault: fault);

    private static string Shown(char c) => char.IsControl(c) || char.IsSurrogate(c) ? $"the character U+{(int)c:X4}" : $"'{c}'";
}
