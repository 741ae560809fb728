using Athena.Engine.Farms;
using Athena.Engine.Policies;

namespace Athena.Engine.Tests.Policies;

public class PolicyCatalogTests
{
    [Fact]
    public void Built_in_policies_are_known_by_name() =>
        Assert.Equal(["least_load", "least_requests", "peak_ewma", "random", "round_robin", "sum"], TestFleet.Catalog.Names);

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
    public void A_good_policy_has_no_fault(string policy) => Assert.Empty(FaultsOf(policy));

    [Theory]
    [InlineData("round_robbin", "Farms:web:Policy:Name", "no policy 'round_robbin'; there are least_load, least_requests, peak_ewma, random, round_robin, sum")]
    [InlineData("", "Farms:web:Policy:Name", "no policy ''; there are least_load, least_requests, peak_ewma, random, round_robin, sum")]
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
