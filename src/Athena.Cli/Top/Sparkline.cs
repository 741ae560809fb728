namespace Athena.Cli.Top;

/// <summary>The last values of a number as a line of bars, the newest at the right.</summary>
internal static class Sparkline
{
    private const string Bars = "▁▂▃▄▅▆▇█";

    /// <summary>As many bars as there is room for; the highest value of those shown fills the height, zero is the lowest bar. Missing values are blanks at the left.</summary>
    public static string Of(IReadOnlyList<double> values, int width)
    {
        if (width <= 0)
        {
            return "";
        }
        var shown = values.Skip(Math.Max(0, values.Count - width)).ToArray();
        var highest = shown.DefaultIfEmpty(0).Max();
        return string.Concat(shown.Select(v => Bars[highest > 0 ? (int)Math.Clamp(Math.Ceiling(v / highest * (Bars.Length - 1)), 0, Bars.Length - 1) : 0])).PadLeft(width);
    }
}
