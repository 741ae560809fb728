using System.IO.Enumeration;

namespace Athena.Cli.Import;

/// <summary>Finds the files that an `Include` means: a path, a folder with all below it, or a pattern in any part of the path.</summary>
internal static class HttpdFiles
{
    /// <summary>The files, in the order httpd reads them. None when nothing is there.</summary>
    public static IReadOnlyList<string> Find(string path)
    {
        if (File.Exists(path))
        {
            return [path];
        }
        if (Directory.Exists(path))
        {
            return [.. Directory.EnumerateFiles(path, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal)];
        }
        var found = new List<string> { Path.GetPathRoot(path) ?? "" };
        var parts = path[found[0].Length..].Split(Path.DirectorySeparatorChar, StringSplitOptions.RemoveEmptyEntries);
        foreach (var part in parts)
        {
            found = [.. found.SelectMany(f => Below(f, part))];
        }
        return [.. found.SelectMany(f => File.Exists(f) ? [f] : Find(f)).Distinct()];
    }

    private static IEnumerable<string> Below(string folder, string part)
    {
        if (!Directory.Exists(folder))
        {
            return [];
        }
        if (!part.AsSpan().ContainsAny('*', '?', '['))
        {
            var one = Path.Combine(folder, part);
            return Path.Exists(one) ? [one] : [];
        }
        return Directory.EnumerateFileSystemEntries(folder).Where(e => Matches(part, Path.GetFileName(e))).Order(StringComparer.Ordinal);
    }

    /// <summary>`*`, `?` and `[a-z]`; a leading dot must be asked for, as in a shell.</summary>
    internal static bool Matches(string pattern, string name)
    {
        if (name.StartsWith('.') && !pattern.StartsWith('.'))
        {
            return false;
        }
        if (!pattern.Contains('[', StringComparison.Ordinal))
        {
            return FileSystemName.MatchesSimpleExpression(pattern, name, ignoreCase: false);
        }
        var expression = string.Concat(pattern.Select(c => c switch { '*' => ".*", '?' => ".", '[' or ']' or '-' => c.ToString(), _ => System.Text.RegularExpressions.Regex.Escape(c.ToString()) }));
        try
        {
            return System.Text.RegularExpressions.Regex.IsMatch(name, $"^(?:{expression.Replace("[!", "[^", StringComparison.Ordinal)})$", System.Text.RegularExpressions.RegexOptions.None, TimeSpan.FromSeconds(1));
        }
        catch (ArgumentException)
        {
            return pattern == name;
        }
    }
}
