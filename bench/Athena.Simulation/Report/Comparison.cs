using System.Globalization;
using System.Text;
using Athena.Simulation.Choosers;
using Athena.Simulation.Model;

namespace Athena.Simulation.Report;

/// <summary>One scenario, all its contenders, all its seeds.</summary>
internal sealed class Comparison(Scenario scenario, Contender[] contenders)
{
    private Result[][] _results = [];

    public Scenario Scenario { get; } = scenario;

    public IReadOnlyList<Contender> Contenders => contenders;

    /// <summary>Name and load.</summary>
    public string Title => string.Create(CultureInfo.InvariantCulture, $"{Scenario.Name}, {Scenario.Load * 100:0} %");

    /// <summary>All scenarios that the options want.</summary>
    public static IEnumerable<Comparison> All(SimulationOptions options)
    {
        Contender[] every = [.. Contender.Proxies.Concat(Contender.Policies).Where(c => options.By.Count == 0 || options.By.Any(word => c.Name.Contains(word, StringComparison.Ordinal)))];
        var few = every.Where(c => c.Name is Contender.LeastConnections or Contender.TwoChoices or Contender.Best).ToArray();
        return Scenarios.All.Select(s => (Scenario: s, Contenders: every)).Concat(Scenarios.Sight.Select(s => (Scenario: s, Contenders: few)))
            .Select(c => new Comparison(c.Scenario with { Length = options.Length }, c.Contenders))
            .Where(c => options.Only.Count == 0 || options.Only.Any(word => c.Title.Contains(word, StringComparison.Ordinal)));
    }

    /// <summary>Runs seeds 1 to so many, on all cores. The order does not matter to the results.</summary>
    public void Run(int seeds)
    {
        _results = [.. Contenders.Select(_ => new Result[seeds])];
        Parallel.For(0, Contenders.Count * seeds, k =>
            _results[k / seeds][k % seeds] = SimulationRun.Of(Scenario, Contenders[k / seeds], 1 + (ulong)(k % seeds)));
    }

    /// <summary>A number of a contender: the median of its seeds, the least and the most.</summary>
    public Spread Of(Contender contender, Func<Result, double> number)
    {
        var sorted = _results[Array.IndexOf(contenders, contender)].Select(number).Order().ToArray();
        return new Spread(sorted[sorted.Length / 2], sorted[0], sorted[^1]);
    }

    public string ToTable()
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"### {Title}\n\n");
        text.Append("| | p50 ms | p99 ms | p99.9 ms | errors | busiest, whole run | busiest second |\n| --- | --- | --- | --- | --- | --- | --- |\n");
        foreach (var contender in Contenders)
        {
            var name = contender.IsAthena ? $"Athena `{contender.Name}`" : contender.Name;
            text.Append(CultureInfo.InvariantCulture, $"| {name} | {Of(contender, r => r.Latency(0.5))} | {Of(contender, r => r.Latency(0.99))} | ");
            text.Append(CultureInfo.InvariantCulture, $"{Of(contender, r => r.Latency(0.999))} | {Of(contender, r => r.ErrorRate).Middle:0.###%} | ");
            text.Append(CultureInfo.InvariantCulture, $"{Of(contender, r => r.Busiest).Middle:0.00} | {Of(contender, r => r.BusiestSecond):f2} |\n");
        }
        return text.ToString();
    }
}

/// <summary>The median of some numbers with their ends.</summary>
internal readonly record struct Spread(double Middle, double Least, double Most) : IFormattable
{
    /// <summary>"f2": two decimals; otherwise three digits.</summary>
    public string ToString(string? format, IFormatProvider? formatProvider) => Least == Most
        ? Text(Middle, format)
        : $"{Text(Middle, format)} ({Text(Least, format)}-{Text(Most, format)})";

    private static string Text(double number, string? format) =>
        number.ToString(format == "f2" ? "0.00" : number < 100 ? "0.0" : "0", CultureInfo.InvariantCulture);
}
