using Athena.Engine.Statistics;

namespace Athena.Engine.Policies;

/// <summary>How a policy that scores goes from scores to a pick.</summary>
internal enum PickMode
{
    /// <summary>The better of two members drawn by weight: spreads even when the numbers are old.</summary>
    TwoChoices,

    /// <summary>The best of all.</summary>
    Best,

    /// <summary>At random, in shares that go as weight / cost.</summary>
    Proportional,
}

/// <summary>How to go from scores to a pick: parameters that all policies share that score.</summary>
/// <param name="Pick">The rule.</param>
/// <param name="Beta">Probability of comparing two members; else the first one drawn is taken. Source: the (1+beta) choice, arXiv 2302.04399.</param>
internal sealed record PickOptions(PickMode Pick, double Beta)
{
    /// <summary>A score below the usual one divided by this counts as it, by default: nobody gets more than about this multiple of its fair share.</summary>
    public const double MaxShare = 3;

    public static PickOptions Read(PolicyParameters parameters, PickMode byDefault = PickMode.TwoChoices) =>
        new(parameters.OneOf("Pick", byDefault), parameters.Number("Beta", 1, 0, 1));
}

/// <summary>Parameters that the policies share that score by the latency of outcomes.</summary>
/// <param name="Rule">From scores to a pick.</param>
/// <param name="Decay">Time in which what was learned fades to 1/e.</param>
internal sealed record LatencyOptions(PickOptions Rule, TimeSpan Decay)
{
    private static readonly TimeSpan DefaultDecay = TimeSpan.FromSeconds(10);

    public static LatencyOptions Read(PolicyParameters parameters, PickMode byDefault = PickMode.TwoChoices) => new(
        PickOptions.Read(parameters, byDefault),
        parameters.Span("Decay", DefaultDecay, TimeSpan.FromMilliseconds(100), TimeSpan.FromHours(1))!.Value);
}

/// <summary>Parameters that all policies share that score by reported statistics.</summary>
/// <param name="Rule">From scores to a pick.</param>
/// <param name="Statistics">Names, each with its coefficient.</param>
/// <param name="HandOutCost">What one hand-out adds to the score; NaN: as learned from the reports.</param>
/// <param name="MaxShare">
/// Most decisions that a member may have between two reports, as a multiple of its fair share, whatever it reports. Two choices keep within
/// twice the share by themselves. No bound where hand-outs are set to cost nothing and this is not set.
/// </param>
/// <param name="Expiration">Age at which a statistic counts as not reported; null: three times the usual time between reports.</param>
internal sealed record LoadOptions(
    PickOptions Rule, (string Name, double Coefficient)[] Statistics, double HandOutCost, double MaxShare, TimeSpan? Expiration)
{
    public static LoadOptions Read(PolicyParameters parameters, (string Name, double Coefficient)[] statistics)
    {
        var rule = PickOptions.Read(parameters);
        var cost = parameters.Number("HandOutCost", double.NaN, 0, StatisticBoard.MaxValue);
        // Proportional shares need a bound by nature: zero load would be worth all.
        var maxShare = cost == 0 && rule.Pick == PickMode.Best ? double.PositiveInfinity : PickOptions.MaxShare;
        return new LoadOptions(
            rule,
            statistics,
            cost,
            parameters.Number("MaxShare", maxShare, 1, 1e6),
            parameters.Span("Expiration", null, TimeSpan.FromMilliseconds(100), TimeSpan.FromDays(1)));
    }
}
