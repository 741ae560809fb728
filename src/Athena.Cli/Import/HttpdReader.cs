using System.Text;

namespace Athena.Cli.Import;

/// <summary>Reads a configuration of httpd with all that it includes, as one list of directives.</summary>
internal sealed class HttpdReader
{
    private const int MaxDepth = 128;
    private const int MaxLines = 1_000_000;

    private readonly List<Directive> _directives = [];
    private readonly List<Remark> _faults = [];
    private readonly Dictionary<string, string> _defined = new(StringComparer.Ordinal);
    private readonly Func<string, string?> _environment;
    private string _root = "";
    private int _lines;

    private HttpdReader(IEnumerable<string> defined, Func<string, string?> environment)
    {
        _environment = environment;
        foreach (var name in defined)
        {
            _defined[name] = "";
        }
    }

    /// <summary>Reads a file.</summary>
    /// <param name="file">The main file. Relative includes start at its `ServerRoot`, or at its folder.</param>
    /// <param name="defined">Names that `&lt;IfDefine&gt;` takes as defined, as httpd's -D does.</param>
    /// <param name="environment">Variables for `${NAME}`, beside what `Define` sets.</param>
    /// <returns>What was read, and what could not be.</returns>
    public static (IReadOnlyList<Directive> Directives, IReadOnlyList<Remark> Faults) Read(string file, IEnumerable<string> defined, Func<string, string?> environment)
    {
        var reader = new HttpdReader(defined, environment) { _root = Path.GetDirectoryName(Path.GetFullPath(file))! };
        reader.ReadFile(file, [], 0);
        return (reader._directives, reader._faults);
    }

    private void ReadFile(string file, List<Section> outer, int depth)
    {
        string[] lines;
        try
        {
            lines = File.ReadAllLines(file);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            _faults.Add(new(file, 0, $"cannot be read: {e.Message}"));
            return;
        }
        var sections = new List<Section>(outer);
        // Sections whose content does not hold, such as <IfDefine> of a name that is not defined.
        var passed = 0;
        for (var at = 0; at < lines.Length && _lines++ < MaxLines;)
        {
            var number = at + 1;
            var text = Substitute(Joined(lines, ref at).Trim());
            if (text.Length == 0 || text[0] == '#')
            {
                continue;
            }
            if (text.StartsWith("</", StringComparison.Ordinal))
            {
                Close(sections, outer.Count, new(file, number, text), ref passed);
            }
            else if (text[0] == '<')
            {
                Open(sections, text, ref passed);
            }
            else if (passed == 0 && LineWords.Split(text) is var words)
            {
                Take(new(file, number, words[0], [.. words.Skip(1)], [.. sections]), sections, depth);
            }
        }
        foreach (var section in sections.Skip(outer.Count))
        {
            _faults.Add(new(file, lines.Length, $"<{section.Name}> is not closed"));
        }
    }

    /// <summary>A line, with those that a backslash at its end continues. A comment may be continued too, as in httpd.</summary>
    private static string Joined(string[] lines, ref int at)
    {
        var line = lines[at++];
        if (!line.EndsWith('\\'))
        {
            return line;
        }
        var joined = new StringBuilder(line, 0, line.Length - 1, 256);
        while (at < lines.Length)
        {
            line = lines[at++];
            if (!line.EndsWith('\\'))
            {
                return joined.Append(line).ToString();
            }
            joined.Append(line, 0, line.Length - 1);
        }
        return joined.ToString();
    }

    private void Open(List<Section> sections, string text, ref int passed)
    {
        var words = LineWords.Split(text.TrimEnd('>')[1..]);
        var section = new Section(words.Count > 0 ? words[0] : "", [.. words.Skip(1)]);
        sections.Add(section);
        if (passed > 0 || !Holds(section))
        {
            passed++;
        }
    }

    private void Close(List<Section> sections, int floor, Remark at, ref int passed)
    {
        var name = at.Text[2..].TrimEnd('>').Trim();
        if (sections.Count <= floor || !sections[^1].Is(name))
        {
            _faults.Add(at with { Text = $"{at.Text} closes nothing that is open" });
            return;
        }
        sections.RemoveAt(sections.Count - 1);
        passed = Math.Max(0, passed - 1);
    }

    /// <summary>Old modules count as loaded: theirs is what is imported.</summary>
    private bool Holds(Section section)
    {
        var name = section.Arguments.Length > 0 ? section.Arguments[0] : "";
        var not = name.StartsWith('!');
        name = name.TrimStart('!');
        return section switch
        {
            _ when section.Is("IfDefine") => _defined.ContainsKey(name) != not,
            _ when section.Is("IfModule") => !not,
            _ => true,
        };
    }

    private void Take(Directive directive, List<Section> sections, int depth)
    {
        if (directive.Is("Define") && directive.Arguments.Length > 0)
        {
            _defined[directive.Arguments[0]] = directive.Arguments.Length > 1 ? directive.Arguments[1] : "";
        }
        else if (directive.Is("UnDefine") && directive.Arguments.Length > 0)
        {
            _defined.Remove(directive.Arguments[0]);
        }
        else if (directive.Is("ServerRoot") && directive.Arguments.Length > 0 && Directory.Exists(directive.Arguments[0]))
        {
            // One that is not here (the file was copied from another machine) leaves includes beside the file.
            _root = directive.Arguments[0];
        }
        else if (directive.Is("Include") || directive.Is("IncludeOptional"))
        {
            Include(directive, sections, depth);
        }
        else
        {
            _directives.Add(directive);
        }
    }

    private void Include(Directive directive, List<Section> sections, int depth)
    {
        foreach (var path in directive.Arguments)
        {
            var files = depth < MaxDepth ? HttpdFiles.Find(Path.GetFullPath(path, _root)) : [];
            if (files.Count == 0 && (directive.Is("Include") || depth >= MaxDepth))
            {
                _faults.Add(new(directive.File, directive.Line, depth >= MaxDepth ? $"Include {path}: included in a circle" : $"Include {path}: no such file"));
            }
            foreach (var file in files)
            {
                ReadFile(file, sections, depth + 1);
            }
        }
    }

    /// <summary>Puts values for `${NAME}`; a name without one stays as it is, as in httpd.</summary>
    private string Substitute(string text)
    {
        var at = text.IndexOf("${", StringComparison.Ordinal);
        if (at < 0 || text[0] == '#')
        {
            return text;
        }
        var result = new StringBuilder(text.Length);
        var from = 0;
        while (at >= 0 && text.IndexOf('}', at) is >= 0 and var end)
        {
            var name = text[(at + 2)..end];
            result.Append(text, from, at - from).Append(_defined.GetValueOrDefault(name) ?? _environment(name) ?? text[at..(end + 1)]);
            from = end + 1;
            at = text.IndexOf("${", from, StringComparison.Ordinal);
        }
        return result.Append(text, from, text.Length - from).ToString();
    }
}
