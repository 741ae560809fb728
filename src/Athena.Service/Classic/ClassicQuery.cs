using Athena.Engine.Farms;

namespace Athena.Service.Classic;

/// <summary>A classic query that does not parse, or asks for too much.</summary>
internal sealed class ClassicQueryException(string message, bool tooMuch = false) : Exception(message)
{
    /// <summary>Whether it asks for too much (413) rather than being no query (400).</summary>
    public bool TooMuch { get; } = tooMuch;
}

/// <summary>The query of a classic `balance`: names of farms, separated by '&amp;' or ','.</summary>
internal static class ClassicQuery
{
    /// <summary>Most requests in one GET.</summary>
    public const int MaxRequests = 16;

    /// <summary>Longest query, in characters.</summary>
    public const int MaxLength = 8192;

    /// <summary>How it is used, for the answer to a request without query.</summary>
    public const string Usage = "usage: balance?FARM[&FARM...]";

    /// <summary>The farms asked for, in order.</summary>
    /// <exception cref="ClassicQueryException">The text is not a query.</exception>
    public static IReadOnlyList<string> Farms(string raw)
    {
        if (raw.Length > MaxLength)
        {
            throw new ClassicQueryException($"the query is longer than {MaxLength} characters", tooMuch: true);
        }
        if (raw.Length == 0)
        {
            throw new ClassicQueryException(Usage);
        }
        if (raw[0] == 'E')
        {
            return Parse(Decode(raw[1..]), raw);
        }
        // A client that escapes by itself is understood when the text as it stands cannot be.
        return raw.Contains('%', StringComparison.Ordinal) ? Parse(Decode(raw), raw) : Parse(raw, raw);
    }

    private static string[] Parse(string text, string raw)
    {
        if (EntityName.IsValid(text))
        {
            return [text];
        }
        var farms = text.Split('&', ',');
        if (farms.Length > MaxRequests)
        {
            throw new ClassicQueryException($"{farms.Length} requests in one query; at most {MaxRequests} are taken", tooMuch: true);
        }
        for (var i = 0; i < farms.Length; i++)
        {
            if (farms[i].StartsWith("farm=", StringComparison.Ordinal))
            {
                farms[i] = farms[i]["farm=".Length..];
            }
            if (!EntityName.IsValid(farms[i]))
            {
                throw new ClassicQueryException($"'{Shown(farms[i])}' in '{Shown(raw)}' is not the name of a farm; {Usage}");
            }
        }
        return farms;
    }

    private static string Decode(string text)
    {
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] == '%' && !(i + 2 < text.Length && char.IsAsciiHexDigit(text[i + 1]) && char.IsAsciiHexDigit(text[i + 2])))
            {
                throw new ClassicQueryException($"'{Shown(text[i..Math.Min(text.Length, i + 3)])}' is not an escape");
            }
        }
        return Uri.UnescapeDataString(text);
    }

    /// <summary>Offending text as it may stand in an answer: short, and without anything that could end the line.</summary>
    private static string Shown(string text)
    {
        var shown = string.Concat(text.Take(80).Select(c => char.IsControl(c) ? '?' : c));
        return text.Length > 80 ? shown + "..." : shown;
    }
}
