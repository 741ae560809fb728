namespace Athena.Gateway.Edge;

/// <summary>Paths that two readers could take for two places.</summary>
internal static class PathRules
{
    /// <summary>What is wrong with a request target; null: nothing.</summary>
    public static string? Fault(string target, EscapedSlashes slashes)
    {
        if (target.AsSpan().ContainsAnyExceptInRange('!', '~') || target.Contains('#', StringComparison.Ordinal))
        {
            return "the target has a character that must be escaped";
        }
        var path = PathOf(target);
        if (!path.Contains('%') && !path.Contains('\\'))
        {
            return null;
        }
        if (path.Contains('\\') || path.Contains("%00", StringComparison.Ordinal))
        {
            return "the path has a backslash or an escaped zero";
        }
        if (!HasEscapedSlash(path))
        {
            return null;
        }
        if (slashes == EscapedSlashes.Refuse)
        {
            return "the path has an escaped slash";
        }
        return ClimbsWhenUnescaped(path) ? "the path would lead elsewhere if its escaped slashes were slashes" : null;
    }

    /// <summary>The path of a request target, which may have the form of a whole URL.</summary>
    public static ReadOnlySpan<char> PathOf(ReadOnlySpan<char> target)
    {
        if (target.Length > 0 && target[0] != '/' && target.IndexOf("://", StringComparison.Ordinal) is var scheme && scheme > 0)
        {
            var slash = target[(scheme + 3)..].IndexOf('/');
            target = slash < 0 ? [] : target[(scheme + 3 + slash)..];
        }
        var query = target.IndexOf('?');
        return query < 0 ? target : target[..query];
    }

    private static bool HasEscapedSlash(ReadOnlySpan<char> path) =>
        path.Contains("%2f", StringComparison.OrdinalIgnoreCase) || path.Contains("%5c", StringComparison.OrdinalIgnoreCase);

    /// <summary>Whether a server that unescapes slashes would see `.` or `..` as a segment.</summary>
    private static bool ClimbsWhenUnescaped(ReadOnlySpan<char> path)
    {
        var plain = path.ToString().Replace("%2e", ".", StringComparison.OrdinalIgnoreCase)
            .Replace("%2f", "/", StringComparison.OrdinalIgnoreCase).Replace("%5c", "/", StringComparison.OrdinalIgnoreCase);
        return Array.Exists(plain.Split('/'), s => s is "." or "..");
    }
}
