using System.Globalization;
using System.Text;
using Athena.Simulation.Choosers;
using Athena.Simulation.Model;

namespace Athena.Simulation.Report;

/// <summary>What was to be reached, beside what was.</summary>
internal static class Goals
{
    /// <summary>Most that the busiest server may have in any second, as a multiple of its fair share.</summary>
    private const double MostShare = 1.3;

    public static string ToTable(IEnumerable<Comparison> comparisons)
    {
        var text = new StringBuilder("### Athena's best beside the proxies\n\n");
        text.Append(CultureInfo.InvariantCulture, $"p99 of Athena `{Contender.Best}` as a part of the proxies', medians of the seeds; 0.5 of least connections and 1 of two choices are the goal. ");
        text.Append(CultureInfo.InvariantCulture, $"Its busiest second of all seeds; the goal is {MostShare}.\n\n");
        text.Append("| | of least connections' | of two random choices' | busiest second | lowest reported's |\n| --- | --- | --- | --- | --- |\n");
        foreach (var comparison in comparisons)
        {
            Spread Of(string name, Func<Result, double> number) => comparison.Of(comparison.Contenders.First(c => c.Name == name), number);
            var best = Of(Contender.Best, r => r.Latency(0.99)).Middle;
            var herd = comparison.Contenders.Any(c => c.Name == Contender.LowestReported)
                ? Of(Contender.LowestReported, r => r.BusiestSecond).Most.ToString("0.0", CultureInfo.InvariantCulture)
                : "";
            text.Append(CultureInfo.InvariantCulture, $"| {comparison.Title} | {best / Of(Contender.LeastConnections, r => r.Latency(0.99)).Middle:0.00} | ");
            text.Append(CultureInfo.InvariantCulture, $"{best / Of(Contender.TwoChoices, r => r.Latency(0.99)).Middle:0.00} | {Of(Contender.Best, r => r.BusiestSecond).Most:0.00} | {herd} |\n");
        }
        return text.ToString();
    }
}
