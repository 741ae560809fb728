using Athena.Engine.Farms;
using Athena.Engine.Policies;

namespace Athena.Engine.Tests.Policies;

public class PolicyCatalogTests
{
    [Fact]
    public void Built_in_policies_are_known_by_name() =>
        Assert.Equal(["consistent_hash", "expression", "least_load", "least_requests", "least_time", "peak_ewma", "prequal", "random", "round_robin", "sum", "weighted_load"], TestFleet.Catalog.Names);

    [Fact]
    public void Two_policies_of_one_name_are_refused()
    {
        var error = Assert.Throws<ArgumentException>(() => new PolicyCatalog([new RandomPolicy(), new RoundRobinPolicy(), new RandomPolicy()]));
        Assert.Contains("'random'", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("round_robin")]
    [InlineData("Round_Robin")]
    [InlineData("random")]
    [InlineData("least_load")]
    [InlineData("least_load statistic=cpu pick=BEST handoutcost=0")]
    [InlineData("least_load Statistic=named_metrics.jobs Pick=two_choices HandOutCost=1e18")]
    [InlineData("least_load Pick=proportional Beta=0.5 MaxShare=1 Expiration=00:00:00.1")]
    [InlineData("sum Statistics:cpu=0.6 Statistics:named_metrics.jobs=1e9 Pick=best HandOutCost=1")]
    [InlineData("least_requests Choices=64 Bias=10")]
    [InlineData("peak_ewma Decay=01:00:00 Pick=best Beta=0")]
    [InlineData("least_time Decay=00:00:00.1 Pick=two_choices Beta=1")]
    [InlineData("consistent_hash LoadFactor=100")]
    [InlineData("consistent_hash LoadFactor=0")]
    [InlineData("weighted_load Blackout=00:00:00 Expiration=00:00:01 Update=00:00:00.1 Penalty=0 Metrics=utilization.x,named_metrics.y")]
    [InlineData("prequal Quantile=1")]
    [InlineData("expression Score=0.6*cpu+0.4*jobs/capacity")]
    [InlineData("expression Score=ready reads=WORTH Pick=proportional Beta=0.5 HandOutCost=1 MaxShare=2 Expiration=00:00:20")]
    public void A_good_policy_has_no_fault(string policy) => Assert.Empty(FaultsOf(policy));

    [Theory]
    [InlineData("round_robbin", "Farms:web:Policy:Name", "no policy 'round_robbin'; there are consistent_hash, expression, least_load, least_requests, least_time, peak_ewma, prequal, random, round_robin, sum, weighted_load")]
    [InlineData("", "Farms:web:Policy:Name", "no policy ''; there are consistent_hash, expression, least_load, least_requests, least_time, peak_ewma, prequal, random, round_robin, sum, weighted_load")]
    [InlineData("random Statistic=cpu", "Farms:web:Policy:Statistic", "policy 'random' has no such parameter")]
    [InlineData("least_load Pik=best", "Farms:web:Policy:Pik", "policy 'least_load' has no such parameter")]
    [InlineData("least_load Pick=worst", "Farms:web:Policy:Pick", "'worst' is not one of two_choices, best, proportional")]
    [InlineData("least_load Pick=1", "Farms:web:Policy:Pick", "'1' is not one of two_choices, best, proportional")]
    [InlineData("least_load Statistic=c-p-u", "Farms:web:Policy:Statistic", "'c-p-u' is not the name of a statistic")]
    [InlineData("least_load Statistic=", "Farms:web:Policy:Statistic", "'' is not the name of a statistic")]
    [InlineData("least_load HandOutCost=-1", "Farms:web:Policy:HandOutCost", "'-1' is not a number from 0 to 1E+18")]
    [InlineData("least_load HandOutCost=NaN", "Farms:web:Policy:HandOutCost", "'NaN' is not a number from 0 to 1E+18")]
    [InlineData("least_load HandOutCost=1e19", "Farms:web:Policy:HandOutCost", "'1e19' is not a number from 0 to 1E+18")]
    [InlineData("least_load HandOutCost=much", "Farms:web:Policy:HandOutCost", "'much' is not a number from 0 to 1E+18")]
    [InlineData("least_load Beta=1.1", "Farms:web:Policy:Beta", "'1.1' is not a number from 0 to 1")]
    [InlineData("least_load MaxShare=0.5", "Farms:web:Policy:MaxShare", "'0.5' is not a number from 1 to 1000000")]
    [InlineData("least_load Expiration=soon", "Farms:web:Policy:Expiration", "'soon' is not a time from 00:00:00.1000000 to 1.00:00:00, as hh:mm:ss")]
    [InlineData("sum", "Farms:web:Policy:Statistics", "0 statistics with a coefficient above zero; there must be from 1 to 16")]
    [InlineData("sum Statistics:cpu=1 Statistics:jobs=-1", "Farms:web:Policy:Statistics:jobs", "'-1' is not a number from 0 to 1000000000")]
    [InlineData("sum Statistics:cpu=1 Statistics:j-b=1", "Farms:web:Policy:Statistics:j-b", "'j-b' is not the name of a statistic")]
    [InlineData("least_requests Choices=0", "Farms:web:Policy:Choices", "'0' is not a whole number from 1 to 64")]
    [InlineData("least_requests Choices=2.5", "Farms:web:Policy:Choices", "'2.5' is not a whole number from 1 to 64")]
    [InlineData("least_requests Bias=-1", "Farms:web:Policy:Bias", "'-1' is not a number from 0 to 10")]
    [InlineData("least_requests Pick=best", "Farms:web:Policy:Pick", "policy 'least_requests' has no such parameter")]
    [InlineData("peak_ewma Decay=00:00:00", "Farms:web:Policy:Decay", "'00:00:00' is not a time from 00:00:00.1000000 to 01:00:00, as hh:mm:ss")]
    [InlineData("least_time Decay=01:00:01", "Farms:web:Policy:Decay", "'01:00:01' is not a time from 00:00:00.1000000 to 01:00:00, as hh:mm:ss")]
    [InlineData("least_time Statistic=cpu", "Farms:web:Policy:Statistic", "policy 'least_time' has no such parameter")]
    [InlineData("round_robin Pick=best", "Farms:web:Policy:Pick", "policy 'round_robin' has no such parameter")]
    [InlineData("weighted_load Blackout=01:00:01", "Farms:web:Policy:Blackout", "'01:00:01' is not a time from 00:00:00 to 01:00:00, as hh:mm:ss")]
    [InlineData("weighted_load Expiration=00:00:00", "Farms:web:Policy:Expiration", "'00:00:00' is not a time from 00:00:01 to 1.00:00:00, as hh:mm:ss")]
    [InlineData("prequal Quantile=-0.1", "Farms:web:Policy:Quantile", "'-0.1' is not a number from 0 to 1")]
    [InlineData("expression Score=load Reads=luck", "Farms:web:Policy:Reads", "'luck' is not one of cost, worth")]
    [InlineData("consistent_hash LoadFactor=1.25", "Farms:web:Policy:LoadFactor", "is in percent of the average: 0 (no bound), or 100 and more")]
    [InlineData("weighted_load Penalty=-1", "Farms:web:Policy:Penalty", "'-1' is not a number from 0 to 1000000")]
    [InlineData("weighted_load Update=00:00:00.05", "Farms:web:Policy:Update", "'00:00:00.05' is not a time from 00:00:00.1000000 to 00:10:00, as hh:mm:ss")]
    [InlineData("weighted_load Metrics=c-p-u", "Farms:web:Policy:Metrics", "'c-p-u' is not the name of a statistic")]
    [InlineData("prequal Quantile=1.5", "Farms:web:Policy:Quantile", "'1.5' is not a number from 0 to 1")]
    public void A_bad_policy_is_named_by_path(string policy, string path, string message) =>
        Assert.Equal([new FleetFault(path, message)], FaultsOf(policy));

    [Fact]
    public void All_faults_are_named_at_once()
    {
        var faults = FaultsOf("least_load Pick=worst Statistic=c-p-u HandOutCost=x Bias=2");
        Assert.Equal(["Bias", "HandOutCost", "Pick", "Statistic"], faults.Select(f => f.Path.Split(':')[^1]).Order());
    }

    private static IReadOnlyList<FleetFault> FaultsOf(string policy) =>
        new FleetValidator(TestFleet.Catalog).Validate(TestFleet.Fleet(TestFleet.FarmOf("a b", policy)));
}
