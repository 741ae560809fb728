namespace Athena.Cli.Import;

/// <summary>One line of a configuration of httpd, continuation lines joined.</summary>
/// <param name="File">File it is in.</param>
/// <param name="Line">Number of its first line, from 1.</param>
/// <param name="Name">The directive's name as written.</param>
/// <param name="Arguments">Its arguments, quotes taken off.</param>
/// <param name="Sections">The sections it stands in, outermost first: `VirtualHost *:80`, `Location /reports`.</param>
internal sealed record Directive(string File, int Line, string Name, string[] Arguments, IReadOnlyList<Section> Sections)
{
    public bool Is(string name) => Name.Equals(name, StringComparison.OrdinalIgnoreCase);

    /// <summary>The innermost section of this name.</summary>
    public Section? In(string section) => Sections.LastOrDefault(s => s.Is(section));
}

/// <summary>A section: `&lt;VirtualHost *:80&gt;`.</summary>
internal sealed record Section(string Name, string[] Arguments)
{
    public bool Is(string name) => Name.Equals(name, StringComparison.OrdinalIgnoreCase);
}

/// <summary>Something that a person should look at, where it stands.</summary>
internal sealed record Remark(string File, int Line, string Text)
{
    public override string ToString() => string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{File}:{Line}: {Text}");
}
