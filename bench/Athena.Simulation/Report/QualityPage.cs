namespace Athena.Simulation.Report;

/// <summary>docs/quality.md: what is between its two marks, and the pictures beside it.</summary>
internal static class QualityPage
{
    private const string Begin = "<!-- results -->";
    private const string End = "<!-- end of results -->";

    public static void Write(string folder, IReadOnlyList<Comparison> comparisons)
    {
        var path = Path.Combine(folder, "quality.md");
        var text = File.ReadAllText(path);
        var (begin, end) = (text.IndexOf(Begin, StringComparison.Ordinal) + Begin.Length, text.IndexOf(End, StringComparison.Ordinal));
        var tables = string.Join('\n', comparisons.Where(c => c.Contenders.Count > 3).Select(c => c.ToTable()).Prepend(Goals.ToTable(comparisons)));
        File.WriteAllText(path, $"{text[..begin]}\n\n{tables}\n{text[end..]}");
        Drawing.Save(folder, comparisons);
    }
}
