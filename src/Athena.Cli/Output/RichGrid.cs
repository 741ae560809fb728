using Spectre.Console;

namespace Athena.Cli.Output;

/// <summary>Draws a grid by Spectre.Console; apart, so that plain text never loads it.</summary>
internal static class RichGrid
{
    public static void Write(Grid grid, IAnsiConsole console)
    {
        var table = new Table().RoundedBorder().BorderColor(Color.Grey);
        foreach (var head in grid.Heads)
        {
            table.AddColumn(new TableColumn(new Text(head, new Style(decoration: Decoration.Bold))));
        }
        foreach (var row in grid.Rows)
        {
            table.AddRow(row.Select(c => new Text(c.Text, StyleOf(c.Tone))));
        }
        console.Write(table);
    }

    public static Style StyleOf(Tone tone) => tone switch
    {
        Tone.Good => new Style(Color.Green),
        Tone.Warning => new Style(Color.Yellow),
        Tone.Bad => new Style(Color.Red),
        Tone.Faint => new Style(Color.Grey),
        _ => Style.Plain,
    };
}
