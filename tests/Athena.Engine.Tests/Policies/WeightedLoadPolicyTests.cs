using System.Globalization;
using Athena.Engine.Policies;

namespace Athena.Engine.Tests.Policies;

public class WeightedLoadPolicyTests
{
    private const string NoBlackout = "weighted_load Blackout=00:00:00";

    [Theory] // reference/algorithms.md, section 7
    [InlineData(100, 0.5, 5, 1, 181.8)]
    [InlineData(100, 0.5, 0, 1, 200)]
    [InlineData(100, 0.5, 5, 0, 200)]
    [InlineData(100, 2, 0, 1, 50)] // Utilization may exceed 1.
    [InlineData(0, 0.5, 0, 1, double.NaN)]
    [InlineData(100, 0, 5, 1, double.NaN)]
    [InlineData(1e18, double.Epsilon, 0, 1, double.NaN)]
    public void The_weight_follows_the_formula(double qps, double utilization, double eps, double penalty, double expected) =>
        Assert.Equal(expected, OrcaCell.Weight(qps, utilization, eps, penalty), 0.05);

    [Fact]
    public void Decisions_go_by_weights()
    {
        var fleet = TestFleet.Of("a b c", NoBlackout);
        Report(fleet, "a", "rps_fractional=100 cpu_utilization=1");
        Report(fleet, "b", "rps_fractional=100 cpu_utilization=0.5");
        Report(fleet, "c", "rps_fractional=300 cpu_utilization=1");
        fleet.Pass(TimeSpan.FromSeconds(1));
        var counts = fleet.Count(6000); // Weights 1:2:3; the stride is exact to one pick a generation.
        Assert.Equal((1000, 2000, 3000), (counts["a"], counts["b"], counts["c"]));
    }

    [Theory] // A114: metrics, then application_utilization, then cpu_utilization.
    [InlineData("", "cpu_utilization=0.5", 2)]
    [InlineData("", "cpu_utilization=0.5 application_utilization=0.25", 4)]
    [InlineData(" Metrics=named_metrics.x,utilization.y", "cpu_utilization=0.5 application_utilization=0.25 named_metrics.x=0.1 utilization.y=0.125", 8)]
    [InlineData(" Metrics=named_metrics.x", "cpu_utilization=0.5 application_utilization=0.25", 4)]
    [InlineData(" Metrics:0=named_metrics.x Metrics:1=mem_utilization", "cpu_utilization=0.5 mem_utilization=0.2", 5)]
    public void Utilization_is_looked_for_in_order(string options, string numbers, double ratio)
    {
        var fleet = TestFleet.Of("a b", NoBlackout + options);
        Report(fleet, "a", "rps_fractional=100 " + numbers);
        Report(fleet, "b", "rps_fractional=100 cpu_utilization=1");
        fleet.Pass(TimeSpan.FromSeconds(1));
        var counts = fleet.Count(9000);
        Assert.Equal(ratio, counts["a"] / (double)counts["b"], 0.02);
    }

    [Fact]
    public void A_member_without_a_weight_has_the_median()
    {
        var fleet = TestFleet.Of("a b c d", NoBlackout);
        Report(fleet, "a", "rps_fractional=100 cpu_utilization=1");
        Report(fleet, "b", "rps_fractional=200 cpu_utilization=1");
        Report(fleet, "c", "rps_fractional=600 cpu_utilization=1");
        fleet.Pass(TimeSpan.FromSeconds(1));
        Assert.Equal(2 / 11.0, fleet.Count(11_000)["d"] / 11_000.0, 0.002);
    }

    [Fact]
    public void With_fewer_than_two_weights_members_own_weights_decide()
    {
        var fleet = TestFleet.Of("a:2 b", NoBlackout);
        Report(fleet, "b", "rps_fractional=1000 cpu_utilization=1");
        fleet.Pass(TimeSpan.FromSeconds(1));
        Assert.Equal(2000, fleet.Count(3000)["a"], 2.0);
    }

    [Fact]
    public void A_weight_counts_after_the_blackout_and_until_it_expires()
    {
        var fleet = TestFleet.Of("a b", "weighted_load Blackout=00:00:10 Expiration=00:00:30");
        void ReportBoth()
        {
            Report(fleet, "a", "rps_fractional=300 cpu_utilization=1");
            Report(fleet, "b", "rps_fractional=100 cpu_utilization=1");
            fleet.Pass(TimeSpan.FromSeconds(1));
        }
        double Share() => fleet.Count(4000)["a"] / 4000.0;
        for (var i = 0; i < 9; i++)
        {
            ReportBoth();
            Assert.Equal(0.5, Share(), 0.002);
        }
        ReportBoth();
        Assert.Equal(0.75, Share(), 0.002);
        fleet.Set(Athena.Engine.Farms.FleetStates.Normal); // A new snapshot forgets nothing.
        Assert.Equal(0.75, Share(), 0.002);
        fleet.Pass(TimeSpan.FromSeconds(28));
        Assert.Equal(0.75, Share(), 0.002);
        fleet.Pass(TimeSpan.FromSeconds(1));
        Assert.Equal(0.5, Share(), 0.002);
        ReportBoth(); // Black again.
        Assert.Equal(0.5, Share(), 0.002);
    }

    [Fact]
    public void Errors_that_ended_are_forgotten()
    {
        var fleet = TestFleet.Of("a b", NoBlackout);
        Report(fleet, "a", "rps_fractional=100 cpu_utilization=1 eps=100");
        Report(fleet, "b", "rps_fractional=100 cpu_utilization=1");
        fleet.Pass(TimeSpan.FromSeconds(10));
        Assert.Equal(1 / 3.0, fleet.Count(3000)["a"] / 3000.0, 0.002);
        Report(fleet, "a", "rps_fractional=100 cpu_utilization=1"); // ORCA leaves zeros out.
        fleet.Pass(TimeSpan.FromSeconds(1));
        Assert.Equal(0.5, fleet.Count(3000)["a"] / 3000.0, 0.002);
    }

    [Fact]
    public void What_an_excluded_member_leaves_is_shared_by_weight()
    {
        var fleet = TestFleet.Of("a b c", NoBlackout);
        Report(fleet, "a", "rps_fractional=100 cpu_utilization=1");
        Report(fleet, "b", "rps_fractional=200 cpu_utilization=1");
        Report(fleet, "c", "rps_fractional=300 cpu_utilization=1");
        fleet.Pass(TimeSpan.FromSeconds(1));
        var counts = fleet.Count(6000, new BalanceQuery("web") { Exclude = ["c"] });
        Assert.Equal(2000, counts["a"], 300.0); // A turn goes on to the next in line: within a twentieth of all.
    }

    private static void Report(TestFleet fleet, string server, string numbers) => Assert.Empty(
        fleet.Snapshot.FindServer(server)!.Cells.Statistics.Report(
            [.. numbers.Split(' ').Select(n => n.Split('=')).Select(p => KeyValuePair.Create(p[0], double.Parse(p[1], CultureInfo.InvariantCulture)))],
            fleet.Time.GetTimestamp()));
}
