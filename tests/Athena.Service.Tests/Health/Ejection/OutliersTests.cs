using Athena.Engine.Farms;
using Athena.Service.Health.Ejection;

namespace Athena.Service.Tests.Health.Ejection;

public sealed class OutliersTests
{
    [Theory] // reference/algorithms.md, section 17
    [InlineData(new[] { 1, 1, 1, 1, 0.5 }, 1.9, 0.52)]
    [InlineData(new[] { 1.0, 1, 1, 1, 1 }, 1.9, 1)]
    [InlineData(new[] { 0.5 }, 1.9, 0.5)]
    public void The_limit_of_success_rates_is_as_in_the_reference(double[] rates, double deviations, double limit) =>
        Assert.Equal(limit, Outliers.SuccessRateLimit(rates, deviations), 1e-12);

    [Theory]
    [InlineData(84, 100, false)]
    [InlineData(85, 100, true)]
    [InlineData(0, 0, false)]
    public void A_failure_percentage_at_the_limit_is_too_much(long failures, long total, bool failing) => Assert.Equal(failing, Outliers.IsFailing(failures, total, 85));

    [Theory]
    [InlineData(1, 30)]
    [InlineData(2, 60)]
    [InlineData(10, 300)]
    [InlineData(11, 300)]
    [InlineData(int.MaxValue, 300)]
    public void Ejections_last_longer_each_time_up_to_the_longest(int multiplier, int seconds) =>
        Assert.Equal(TimeSpan.FromSeconds(seconds), Outliers.Duration(TimeSpan.FromSeconds(30), TimeSpan.FromSeconds(300), multiplier));

    [Theory] // reference/algorithms.md, section 17
    [InlineData(15, 1, 0.25)]
    [InlineData(15, 2, 0.5)]
    [InlineData(0, 1, 0.1)]
    [InlineData(0, 2, 0.129)]
    [InlineData(59.9, 1, 0.998)]
    [InlineData(60, 1, 1)]
    [InlineData(6000, 1, 1)]
    public void A_slow_start_is_as_in_the_reference(double seconds, double aggression, double factor) =>
        Assert.Equal(factor, new SlowStartDefinition(TimeSpan.FromSeconds(60), aggression).Factor(TimeSpan.FromSeconds(seconds)), 1e-3);
}
