using Athena.LoadBench.Load;
using Athena.LoadBench.Servers;

namespace Athena.LoadBench;

/// <summary>One measurement of one side.</summary>
/// <param name="PerSecond">Requests a second.</param>
/// <param name="Microseconds">Processor time of the server a request.</param>
/// <param name="Foreign">Share of the machine that other programs used.</param>
internal readonly record struct Sample(double PerSecond, double Microseconds, double Foreign);

/// <summary>The service and a contender under the same load.</summary>
internal sealed class Comparison(string name, double goal, ServerProcess service, ServerProcess bare, Func<ServerProcess, TimeSpan, Task<LoadResult>> load)
{
    /// <summary>Above it a round is disturbed: other programs took so much of the machine.</summary>
    private const double Disturbing = 0.12;

    private readonly List<(Sample Service, Sample Bare)> _rounds = [];

    public string Name => name;

    public double Goal => goal;

    public Sample Service => Medians(r => r.Service);

    public Sample Bare => Medians(r => r.Bare);

    /// <summary>Median of the rounds' ratios of requests a second, and the smallest and largest of them.</summary>
    public (double Median, double Least, double Most) RateRatio => Spread(r => r.Service.PerSecond / r.Bare.PerSecond);

    /// <summary>Median of the rounds' ratios of processor time a request, and the smallest and largest of them.</summary>
    public (double Median, double Least, double Most) CostRatio => Spread(r => r.Service.Microseconds / r.Bare.Microseconds);

    /// <summary>Rounds that nobody disturbed.</summary>
    public int QuietRounds => _rounds.Count(r => Foreign(r) <= Disturbing);

    /// <summary>Keeps the rounds that were disturbed least.</summary>
    public void KeepQuietest(int count)
    {
        var quietest = _rounds.OrderBy(Foreign).Take(count).ToArray();
        _rounds.Clear();
        _rounds.AddRange(quietest);
    }

    /// <summary>Runs both, so that their code is compiled for good, and forgets the figures.</summary>
    public async Task WarmUpAsync(TimeSpan duration)
    {
        await MeasureAsync(bare, duration);
        await MeasureAsync(service, duration);
    }

    /// <summary>Runs both, in turns the one and the other first.</summary>
    public async Task RoundAsync(TimeSpan duration)
    {
        var bareFirst = _rounds.Count % 2 == 0;
        var first = await MeasureAsync(bareFirst ? bare : service, duration);
        var second = await MeasureAsync(bareFirst ? service : bare, duration);
        _rounds.Add(bareFirst ? (second, first) : (first, second));
    }

    private static double Foreign((Sample Service, Sample Bare) round) => Math.Max(round.Service.Foreign, round.Bare.Foreign);

    private async Task<Sample> MeasureAsync(ServerProcess server, TimeSpan duration)
    {
        var (machine, used) = (MachineClock.Now(), server.ProcessorTime);
        var result = await load(server, duration);
        used = server.ProcessorTime - used;
        return new Sample(result.PerSecond, used.TotalMicroseconds / result.Requests, MachineClock.Now().ForeignShareSince(machine, used));
    }

    private Sample Medians(Func<(Sample Service, Sample Bare), Sample> side)
    {
        var samples = _rounds.ConvertAll(r => side(r));
        return new Sample(Median(samples.Select(s => s.PerSecond)), Median(samples.Select(s => s.Microseconds)), Median(samples.Select(s => s.Foreign)));
    }

    private (double Median, double Least, double Most) Spread(Func<(Sample Service, Sample Bare), double> ratio)
    {
        var ratios = _rounds.ConvertAll(r => ratio(r));
        return (Median(ratios), ratios.Min(), ratios.Max());
    }

    private static double Median(IEnumerable<double> numbers)
    {
        var sorted = numbers.Order().ToArray();
        return (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
    }
}
