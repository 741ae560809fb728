using System.Text;

namespace Athena.Cli.Import;

/// <summary>Parts a line of httpd into words: blanks part, quotes hold together, a backslash keeps the quote that follows.</summary>
internal static class LineWords
{
    /// <summary>The words of a line. A quote that is not closed holds to the end, as in httpd.</summary>
    public static List<string> Split(string line)
    {
        var words = new List<string>();
        var at = 0;
        while (true)
        {
            while (at < line.Length && char.IsWhiteSpace(line[at]))
            {
                at++;
            }
            if (at >= line.Length)
            {
                return words;
            }
            words.Add(line[at] is '"' or '\'' ? Quoted(line, ref at) : Bare(line, ref at));
        }
    }

    private static string Bare(string line, ref int at)
    {
        var start = at;
        while (at < line.Length && !char.IsWhiteSpace(line[at]))
        {
            at++;
        }
        return line[start..at];
    }

    private static string Quoted(string line, ref int at)
    {
        var quote = line[at++];
        var word = new StringBuilder();
        while (at < line.Length && line[at] != quote)
        {
            if (line[at] == '\\' && at + 1 < line.Length && (line[at + 1] == quote || line[at + 1] == '\\'))
            {
                at++;
            }
            word.Append(line[at++]);
        }
        at++;
        return word.ToString();
    }
}
