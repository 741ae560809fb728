namespace Athena.Engine.Farms;

/// <summary>The rule for names of farms and servers: 1 to 253 of letters, digits, '.', '_', '-'; compared without case.</summary>
public static class EntityName
{
    /// <summary>Longest name, in characters: that of a DNS name, for a farm's name can stand where a host name stands.</summary>
    public const int MaxLength = 253;

    /// <summary>The rule in words, for error messages.</summary>
    public const string Rule = "a name is 1 to 253 of letters, digits, '.', '_', '-'";

    /// <summary>How names are compared and hashed.</summary>
    public static StringComparer Comparer => StringComparer.OrdinalIgnoreCase;

    /// <summary>Whether the text is a name.</summary>
    public static bool IsValid(ReadOnlySpan<char> name)
    {
        if (name.IsEmpty || name.Length > MaxLength)
        {
            return false;
        }
        foreach (var c in name)
        {
            if (!char.IsAsciiLetterOrDigit(c) && c is not ('.' or '_' or '-'))
            {
                return false;
            }
        }
        return true;
    }

    /// <summary>The known name closest to a mistyped one, or null when none is near: at most a third of its letters wrong.</summary>
    /// <remarks>Levenshtein distance without case, O(names · length²): for error messages only.</remarks>
    public static string? Closest(string name, IEnumerable<string> known)
    {
        if (name.Length > MaxLength)
        {
            return null;
        }
        string? best = null;
        var bestDistance = Math.Max(1, name.Length / 3) + 1;
        foreach (var candidate in known)
        {
            if (candidate.Length <= MaxLength && Math.Abs(candidate.Length - name.Length) < bestDistance && Distance(name, candidate) is var d && d < bestDistance)
            {
                (best, bestDistance) = (candidate, d);
            }
        }
        return best;
    }

    private static int Distance(string a, string b)
    {
        Span<int> row = stackalloc int[MaxLength + 1];
        for (var j = 0; j <= b.Length; j++)
        {
            row[j] = j;
        }
        for (var i = 1; i <= a.Length; i++)
        {
            var diagonal = row[0];
            row[0] = i;
            for (var j = 1; j <= b.Length; j++)
            {
                var cost = char.ToLowerInvariant(a[i - 1]) == char.ToLowerInvariant(b[j - 1]) ? 0 : 1;
                var next = Math.Min(Math.Min(row[j] + 1, row[j - 1] + 1), diagonal + cost);
                diagonal = row[j];
                row[j] = next;
            }
        }
        return row[b.Length];
    }
}
