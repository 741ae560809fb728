namespace Athena.Engine.Tests.Policies;

public class SumPolicyTests
{
    [Theory]
    [InlineData("sum Statistics:cpu=2 Statistics:jobs=1 Pick=best HandOutCost=0", "a=1 b=2 c=3", "a=5 b=1 c=2", "b")] // 7, 5, 8
    [InlineData("sum Statistics:cpu=10 Statistics:jobs=1 Pick=best HandOutCost=0", "a=1 b=2 c=3", "a=5 b=1 c=2", "a")] // 15, 21, 32
    [InlineData("sum Statistics:cpu=0 Statistics:jobs=1 Pick=best HandOutCost=0", "a=1 b=2 c=3", "a=5 b=2 c=1", "c")]
    [InlineData("sum Statistics:cpu=1 Statistics:jobs=1 Pick=best HandOutCost=0", "a=1 b=3", "a=1 b=3 c=1", "a")] // 2, 6, 2 + 1
    public void The_least_sum_wins(string policy, string cpu, string jobs, string expected)
    {
        var fleet = TestFleet.Of("a b c", policy);
        fleet.Report(cpu, "cpu");
        fleet.Report(jobs, "jobs");
        Assert.Equal(Enumerable.Repeat(expected, 20), fleet.Picks(20).Split(' '));
    }

    [Fact]
    public void A_set_cost_is_one_of_the_sum()
    {
        var fleet = TestFleet.Of("a b", "sum Statistics:cpu=2 Statistics:jobs=1 Pick=best HandOutCost=3");
        fleet.Report("a=0 b=4", "cpu");
        fleet.Report("a=0 b=1", "jobs");
        Assert.Equal("a a a", fleet.Picks(3)); // 0, 3, 6: then both 9.
        Assert.Equal(50, fleet.Count(100)["a"], 1.0);
    }

    [Fact]
    public void Between_reports_decisions_are_spread()
    {
        var fleet = TestFleet.Of("a b c d", "sum Statistics:cpu=1 Statistics:jobs=0.1");
        fleet.Report("a=1 b=10 c=10 d=10", "cpu");
        fleet.Report("a=1 b=10 c=10 d=10", "jobs");
        // Each hand-out counts 1.1: level after the first 9; two choices wobble by a few.
        Assert.All(fleet.Count(4000).Values, count => Assert.Equal(1000, count, 100.0));
    }
}
