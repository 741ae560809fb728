using Athena.Cli.Output;

namespace Athena.Cli.Top;

/// <summary>A piece of a line of the screen.</summary>
internal readonly record struct Span(string Text, Tone Tone = Tone.Plain, bool IsHead = false);

/// <summary>One column of a table on the screen.</summary>
/// <param name="Head">Its head.</param>
/// <param name="IsRight">Whether it stands at the right; what is too long loses its beginning then, otherwise its end.</param>
/// <param name="Least">Columns of the terminal it needs; 0: all that its longest cell has.</param>
/// <param name="Rank">0: always there. Of the others the highest goes first when there is no room.</param>
/// <param name="Floor">Columns it has at least, so that numbers that come and go do not move what is beside them.</param>
internal sealed record TopColumn(string Head, bool IsRight = false, int Least = 0, int Rank = 0, int Floor = 0);

/// <summary>Rows of cells in columns, within a width. Nothing wraps: what does not fit is cut, and whole columns go before names do.</summary>
internal static class TopTable
{
    private const int Gap = 2;

    public static IReadOnlyList<Span[]> Lines(IReadOnlyList<TopColumn> columns, IReadOnlyList<Cell[]> rows, int width)
    {
        var natural = columns.Select((c, i) => rows.Select(r => r[i].Text.Length).Append(c.Head.Length).Append(c.Floor).Max()).ToArray();
        var widths = columns.Select((c, i) => c.Least == 0 ? natural[i] : Math.Min(c.Least, natural[i])).ToArray();
        var shown = Enumerable.Range(0, columns.Count).ToList();
        int Total() => shown.Sum(i => widths[i]) + (Gap * (shown.Count - 1));
        while (Total() > width && shown.Where(i => columns[i].Rank > 0).OrderByDescending(i => columns[i].Rank).Cast<int?>().FirstOrDefault() is { } least)
        {
            shown.Remove(least);
        }
        // What is left goes to those that could use it, the most telling first.
        foreach (var i in shown.OrderBy(i => columns[i].Rank))
        {
            widths[i] += Math.Clamp(width - Total(), Math.Min(0, 1 - widths[i]), natural[i] - widths[i]);
        }
        Span Place(Cell cell, int i, bool isHead) => new(Fit(cell.Text, columns[i].IsRight, widths[i], i == shown[^1] ? 0 : Gap), cell.Tone, isHead);
        Span[] head = [.. shown.Select(i => Place(columns[i].Head, i, isHead: true)), new(new string(' ', Math.Max(0, width - Total())), IsHead: true)];
        return [head, .. rows.Select(r => shown.Select(i => Place(r[i], i, isHead: false)).ToArray())];
    }

    /// <summary>As wide as wanted, with room after it.</summary>
    private static string Fit(string text, bool right, int width, int gap)
    {
        if (text.Length > width)
        {
            text = right ? text[^width..] : $"{text[..(width - 1)]}…";
        }
        return (right ? text.PadLeft(width) : text.PadRight(width)) + new string(' ', gap);
    }
}
