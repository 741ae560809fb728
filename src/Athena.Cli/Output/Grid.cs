namespace Athena.Cli.Output;

/// <summary>How a cell is meant; only a terminal shows it.</summary>
internal enum Tone
{
    Plain,
    Good,
    Warning,
    Bad,
    Faint,
}

/// <summary>One cell: text of any origin, made harmless.</summary>
internal readonly record struct Cell(string Text, Tone Tone = Tone.Plain)
{
    public string Text { get; } = Terminal.Clean(Text);

    public static implicit operator Cell(string text) => new(text);
}

/// <summary>A table: drawn on a terminal, aligned columns of plain text elsewhere.</summary>
internal sealed class Grid(params string[] heads)
{
    private readonly List<Cell[]> _rows = [];

    public IReadOnlyList<string> Heads => heads;

    public IReadOnlyList<Cell[]> Rows => _rows;

    public void Add(params Cell[] cells) => _rows.Add(cells);

    public async Task WriteAsync(Terminal terminal)
    {
        if (terminal.IsRich)
        {
            RichGrid.Write(this, terminal.Console);
            return;
        }
        var widths = heads.Select((h, i) => _rows.Select(r => r[i].Text.Length).Append(h.Length).Max()).ToArray();
        foreach (var line in _rows.Select(r => r.Select(c => c.Text.Length > 0 ? c.Text : "-")).Prepend(heads))
        {
            await terminal.Out.WriteLineAsync(string.Join("  ", line.Select((text, i) => text.PadRight(widths[i]))).TrimEnd());
        }
    }
}
