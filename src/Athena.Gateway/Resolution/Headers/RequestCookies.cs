using Microsoft.Extensions.Primitives;

namespace Athena.Gateway.Resolution.Headers;

/// <summary>Cookies of a request as they stand in its fields: those that are the gateway's own are taken out, the others stay as they came.</summary>
internal static class RequestCookies
{
    /// <summary>Each `name=value` in turn.</summary>
    public static IEnumerable<string> Pairs(StringValues lines) =>
        lines.SelectMany(l => l?.Split(';', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries) ?? []);

    /// <summary>Whether any of the lines may hold a cookie of this name: one search tells for most requests.</summary>
    public static bool MayHold(in StringValues lines, string name)
    {
        foreach (var line in lines)
        {
            if (line?.Contains(name, StringComparison.Ordinal) == true)
            {
                return true;
            }
        }
        return false;
    }

    /// <summary>Puts these in place of all.</summary>
    public static void Keep(IHeaderDictionary headers, List<string> pairs) => headers.Cookie = pairs.Count > 0 ? string.Join("; ", pairs) : StringValues.Empty;

    /// <summary>Takes a cookie out.</summary>
    /// <returns>Its value, the first where there are several, as browsers send the more specific first; null: there was none.</returns>
    public static string? Take(IHeaderDictionary headers, string name)
    {
        var lines = headers.Cookie;
        if (!MayHold(lines, name))
        {
            return null;
        }
        string? value = null;
        var kept = new List<string>();
        foreach (var pair in Pairs(lines))
        {
            if (pair.Length > name.Length && pair[name.Length] == '=' && pair.StartsWith(name, StringComparison.Ordinal))
            {
                value ??= pair[(name.Length + 1)..].Trim('"');
            }
            else
            {
                kept.Add(pair);
            }
        }
        if (value is not null)
        {
            Keep(headers, kept);
        }
        return value;
    }
}
