using System.Globalization;
using System.Text;

namespace Athena.LoadBench.Proxying;

/// <summary>One load run of one proxy.</summary>
/// <param name="PerSecond">Requests a second.</param>
/// <param name="P99">Milliseconds that 99 of 100 took at most.</param>
/// <param name="Microseconds">Processor time a request, the helper's included.</param>
/// <param name="Helper">The helper's part of it.</param>
/// <param name="Allocated">Bytes allocated a request, by the proxy alone; null: not known.</param>
internal readonly record struct ProxySample(double PerSecond, double P99, double Microseconds, double Helper, double? Allocated);

/// <summary>What was measured under one load: medians, and medians of the ratios inside a round.</summary>
internal sealed class ProxyTable(string load, IReadOnlyList<Proxy> proxies)
{
    private readonly Dictionary<string, SortedDictionary<int, ProxySample>> _samples = proxies.ToDictionary(p => p.Name, _ => new SortedDictionary<int, ProxySample>());

    public void Add(Proxy proxy, int round, ProxySample sample) => _samples[proxy.Name][round] = sample;

    public override string ToString()
    {
        var text = new StringBuilder();
        text.AppendLine(CultureInfo.InvariantCulture, $"{load}; ratios to {proxies[0].Name} in the same round, in brackets the least and most").AppendLine();
        text.AppendLine("| proxy | requests/s | CPU/request | p99 | allocated | requests/s, p99 ms, CPU µs (of it the service), bytes |");
        text.AppendLine("| --- | --- | --- | --- | --- | --- |");
        foreach (var proxy in proxies)
        {
            var own = _samples[proxy.Name].Values;
            text.AppendLine(CultureInfo.InvariantCulture, $"| {proxy.Name} | {Ratio(proxy, s => s.PerSecond)} | {Ratio(proxy, s => s.Microseconds)} | {Ratio(proxy, s => s.P99)} | {(own.First().Allocated is null ? "" : Ratio(proxy, s => s.Allocated ?? 0))} | {Median(own.Select(s => s.PerSecond)):N0}, {Median(own.Select(s => s.P99)):0.0}, {Median(own.Select(s => s.Microseconds)):0.0} ({Median(own.Select(s => s.Helper)):0.0}), {Median(own.Select(s => s.Allocated ?? 0)):N0} |");
        }
        return text.ToString();
    }

    private string Ratio(Proxy proxy, Func<ProxySample, double> value)
    {
        var ratios = _samples[proxy.Name].Select(s => value(s.Value) / value(_samples[proxies[0].Name][s.Key])).ToArray();
        return string.Create(CultureInfo.InvariantCulture, $"**{Median(ratios):0.00}** ({ratios.Min():0.00}-{ratios.Max():0.00})");
    }

    private static double Median(IEnumerable<double> numbers)
    {
        var sorted = numbers.Order().ToArray();
        return (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
    }
}
