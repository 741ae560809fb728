using Athena.Simulation.Choosers;
using Athena.Simulation.Model;
using ScottPlot;

namespace Athena.Simulation.Report;

/// <summary>Pictures of the comparisons, with a font of its own: a machine may have none.</summary>
internal static class Drawing
{
    private const string Font = "Athena Sans";
    private static readonly Color Athena = Color.FromHex("#1f5fa8");
    private static readonly Color Proxy = Color.FromHex("#b8b8b8");

    /// <summary>Writes quality-p99.png and quality-busiest.png for the farm of most scenarios.</summary>
    public static void Save(string folder, IReadOnlyList<Comparison> comparisons)
    {
        var file = Path.Combine(AppContext.BaseDirectory, "Report", "AthenaSans.ttf");
        Fonts.AddFontFile(Font, file);
        var shown = comparisons.Where(c => c.Scenario.Name == Scenarios.Farm.Name).ToArray();
        if (shown.Length == 0)
        {
            return;
        }
        Save(Path.Combine(folder, "quality-p99.png"), shown, "p99, milliseconds (log scale)", r => r.Latency(0.99), goal: null);
        Save(Path.Combine(folder, "quality-busiest.png"), shown, "busiest server in the worst second, as a multiple of its fair share (log scale)", r => r.BusiestSecond, goal: 1.3);
    }

    private static void Save(string path, Comparison[] comparisons, string title, Func<Result, double> number, double? goal)
    {
        var multi = new Multiplot();
        multi.AddPlots(comparisons.Length);
        multi.Layout = new ScottPlot.MultiplotLayouts.Columns();
        for (var i = 0; i < comparisons.Length; i++)
        {
            Fill(multi.GetPlot(i), comparisons[i], title, number, goal);
        }
        multi.SavePng(path, 760 * comparisons.Length, 560);
    }

    private static void Fill(Plot plot, Comparison comparison, string title, Func<Result, double> number, double? goal)
    {
        var contenders = comparison.Contenders.Reverse().ToArray();
        for (var k = 0; k < contenders.Length; k++)
        {
            var spread = comparison.Of(contenders[k], number);
            var bar = plot.Add.Bar(k, Math.Log10(spread.Middle));
            bar.Horizontal = true;
            bar.Color = contenders[k].IsAthena ? Athena : Proxy;
            var text = plot.Add.Text(spread.Middle < 10 ? $"{spread.Middle:0.00}" : $"{spread.Middle:0}", Math.Log10(spread.Middle), k);
            text.LabelFontName = Font;
            text.LabelFontSize = 12;
            text.Alignment = Alignment.MiddleLeft;
            text.OffsetX = 4;
        }
        if (goal is { } line)
        {
            plot.Add.VerticalLine(Math.Log10(line), 1.5f, Color.FromHex("#c03030"), LinePattern.Dashed);
        }
        plot.Axes.Left.SetTicks([.. Enumerable.Range(0, contenders.Length).Select(k => (double)k)], [.. contenders.Select(c => c.Name)]);
        double[] marks = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000];
        plot.Axes.Bottom.SetTicks([.. marks.Select(Math.Log10)], [.. marks.Select(m => $"{m:0}")]);
        plot.Axes.SetLimits(0, Math.Log10(comparison.Contenders.Max(c => comparison.Of(c, number).Middle)) + 0.3, -0.8, contenders.Length - 0.2);
        plot.Axes.Margins(left: 0);
        plot.HideGrid();
        plot.Title($"{comparison.Title}: {title}", 14);
        plot.Font.Set(Font);
        plot.Axes.Left.TickLabelStyle.FontName = Font;
    }
}
