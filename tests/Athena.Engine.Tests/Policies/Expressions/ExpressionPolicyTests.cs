using Athena.Engine.Farms;
using Athena.Engine.Leases;
using Athena.Engine.Policies.Expressions;

namespace Athena.Engine.Tests.Policies.Expressions;

public class ExpressionPolicyTests
{
    [Theory]
    [InlineData("0.6*cpu + 0.4*(jobs/capacity)", "cost", "b")] // 5, 4.6, 6.4
    [InlineData("0.6*cpu + 0.4*(jobs/capacity)", "worth", "c")]
    [InlineData("capacity - jobs", "worth", "a")] // 1, 0, 0
    [InlineData("cpu + 100*(label(\"name\") == \"b\")", "cost", "a")]
    [InlineData("cpu == farm_max(cpu) ? 0 : 1", "cost", "c")]
    [InlineData("abs(cpu - farm_median(cpu))", "cost", "a")] // The median is 8.
    [InlineData("-cpu", "cost", "c")]
    public void The_least_cost_or_the_highest_worth_wins(string score, string reads, string expected)
    {
        foreach (var pick in new[] { "best", "two_choices" })
        {
            var fleet = ExpressionFleet.Of("a b c", score, $"Pick={pick} HandOutCost=0 Reads={reads}");
            Report(fleet);
            var counts = Enumerable.Range(0, 900).Select(seed => fleet.Pick(new BalanceQuery("web") { Seed = (ulong)seed })!).CountBy(n => n).ToDictionary();
            // Two of the three pairs have the best one; 4.5 standard deviations.
            var share = pick == "best" ? 1 : 2 / 3.0;
            Assert.Equal(900 * share, counts[expected], 4.5 * Math.Sqrt(900 * share * (1 - share)));
        }
    }

    [Fact]
    public void Scores_are_what_the_formula_gives()
    {
        var fleet = ExpressionFleet.Of("a b c", "0.6*cpu + 0.4*(jobs/capacity) + 5*(age > 10)", "HandOutCost=0");
        Report(fleet);
        Assert.Equal([5, 4.6, 6.4], fleet.Scores().Select(s => Math.Round(s, 9)));
        fleet.Pass(TimeSpan.FromSeconds(11));
        fleet.Report("b=7", "cpu");
        Assert.Equal([10, 4.6, 11.4], fleet.Scores().Select(s => Math.Round(s, 9)));
    }

    [Theory]
    [InlineData("cost", "1 / load", 3)] // Shares as load.
    [InlineData("worth", "load", 3)]
    [InlineData("cost", "load", 1 / 3.0)]
    [InlineData("worth", "1 / load", 1 / 3.0)]
    public void Proportional_shares_go_as_one_by_cost_or_as_worth(string reads, string score, double ratio)
    {
        var fleet = ExpressionFleet.Of("a b", score, $"Pick=proportional HandOutCost=0 MaxShare=1000 Reads={reads}");
        fleet.Report("a=30 b=10");
        var counts = fleet.Count(8000);
        var share = ratio / (1 + ratio);
        Assert.Equal(8000 * share, counts["a"], 4.5 * Math.Sqrt(8000 * share * (1 - share)));
    }

    [Fact]
    public void A_score_counts_for_the_members_weight()
    {
        var fleet = ExpressionFleet.Of("a:2 b:1", "load", "Pick=best HandOutCost=0");
        fleet.Report("a=19 b=10");
        Assert.Equal("a a a", fleet.Picks(3)); // 9.5 and 10
        var worth = ExpressionFleet.Of("a:2 b:1", "load", "Pick=best HandOutCost=0 Reads=worth");
        worth.Report("a=6 b=11");
        Assert.Equal("a a a", worth.Picks(3)); // 12 and 11
        var negative = ExpressionFleet.Of("a:2 b:1", "-load", "Pick=best HandOutCost=0");
        negative.Report("a=6 b=11");
        Assert.Equal("a a a", negative.Picks(3)); // -12 and -11
    }

    [Fact]
    public void A_formula_that_names_the_weight_says_itself_what_it_is_worth()
    {
        var fleet = ExpressionFleet.Of("a:4 b:1", "load / sqrt(weight)", "Pick=best HandOutCost=0");
        fleet.Report("a=19 b=10");
        Assert.Equal("a a a", fleet.Picks(3)); // 9.5 and 10
        fleet.Report("a=21");
        Assert.Equal("b b b", fleet.Picks(3)); // 10.5, where divided by weight once more it would be 2.6
        var shares = ExpressionFleet.Of("a:3 b:1", "weight - weight + 1", "Pick=proportional HandOutCost=0").Count(8000);
        Assert.Equal(4000, shares["a"], 4.5 * Math.Sqrt(8000 * 0.25));
    }

    [Fact]
    public void Absent_is_the_median_and_zero_is_zero_and_coalesce_sees_it()
    {
        var fleet = ExpressionFleet.Of("a b c d", "load + coalesce(load, 1000)", "HandOutCost=0");
        fleet.Report("a=0 b=10 c=30");
        Assert.Equal([0, 20, 60, 1010], fleet.Scores());
        var terms = fleet.Terms("d");
        Assert.Equal(new ScoreTerm("load", 10, null), terms["load"]);
        Assert.Equal(double.NaN, terms["load or absent"].Value);
    }

    [Fact]
    public void The_last_of_coalesce_is_the_median_where_it_is_absent_too()
    {
        var fleet = ExpressionFleet.Of("a b c", "coalesce(gpu / 2, cpu)", "HandOutCost=0");
        fleet.Report("a=8", "gpu");
        fleet.Report("a=1 b=2", "cpu");
        Assert.Equal([4, 2, 1.5], fleet.Scores());
    }

    [Fact]
    public void Aggregates_are_over_members_that_have_the_number()
    {
        var fleet = ExpressionFleet.Of("a b c d", "farm_max(cpu*2) + farm_median(cpu) + farm_median(abs(cpu - farm_median(cpu)))", "HandOutCost=0");
        fleet.Report("a=1 b=2 c=10", "cpu");
        Assert.Equal(20 + 2 + 1, fleet.Score("d")); // Distances 1, 0, 8.
    }

    [Fact]
    public void Before_anybody_reported_weights_decide()
    {
        var fleet = ExpressionFleet.Of("a:3 b:1", "load + in_flight", "Pick=best");
        Assert.Equal(3000, fleet.Count(4000)["a"], 4.5 * Math.Sqrt(4000 * 0.75 * 0.25));
    }

    [Theory]
    [InlineData("1 / load")]
    [InlineData("log(load)")]
    [InlineData("0 / load")]
    [InlineData("sqrt(load - 5)")]
    public void What_is_no_finite_number_sorts_last_and_is_counted(string score)
    {
        foreach (var (reads, pick) in new[] { ("cost", "best"), ("worth", "best"), ("cost", "two_choices"), ("worth", "two_choices"), ("worth", "proportional"), ("cost", "proportional") })
        {
            var fleet = ExpressionFleet.Of("a b", score, $"Pick={pick} HandOutCost=0 Reads={reads}");
            fleet.Report("a=0 b=10");
            fleet.Refresher.Refresh();
            if (score == "0 / load" && pick == "proportional")
            {
                continue; // All worth nothing: weights decide.
            }
            Assert.Equal(["b"], fleet.Count(200).Keys);
            Assert.True(fleet.Web.Cells.InvalidScores > 0);
        }
    }

    [Fact]
    public void When_no_score_is_a_number_weights_decide()
    {
        foreach (var pick in new[] { "best", "two_choices", "proportional" })
        {
            var fleet = ExpressionFleet.Of("a:3 b:1", "0 / (load - load)", $"Pick={pick} HandOutCost=0");
            fleet.Report("a=1 b=2");
            Assert.Equal(3000, fleet.Count(4000)["a"], 4.5 * Math.Sqrt(4000 * 0.75 * 0.25));
            Assert.Equal(4000, fleet.Count(4000, new BalanceQuery("web") { Exclude = ["b"] })["a"]);
        }
    }

    [Fact]
    public void Built_ins_are_what_they_say()
    {
        var fleet = ExpressionFleet.Of("a:3 b:3", "0*(in_flight + since_report + weight + age + latency + error_rate + rate) + load", "HandOutCost=0");
        fleet.Report("a=1 b=1");
        fleet.Refresher.Refresh();
        var seconds = 0;
        for (; seconds < 5; seconds++)
        {
            for (var k = 0; k < 40; k++)
            {
                var decision = fleet.Decide(new BalanceQuery("web") { Lease = TimeSpan.FromMinutes(1), Exclude = ["b"] });
                if (k > 0 || seconds < 4)
                {
                    fleet.Leases.Close(decision.Lease, k % 4 == 1 ? OutcomeKind.ServerError : OutcomeKind.Success, out _, TimeSpan.FromMilliseconds(25));
                }
            }
            fleet.Pass(TimeSpan.FromSeconds(1));
        }
        var terms = fleet.Terms("a");
        Assert.Equal(1, terms["in_flight"].Value);
        Assert.Equal(200, terms["since_report"].Value);
        Assert.Equal(3, terms["weight"].Value);
        Assert.Equal(5, terms["age"].Value);
        Assert.Equal(new ScoreTerm("load", 1, 5), terms["load"]);
        Assert.InRange(terms["latency"].Value, 20, 25); // Fades with 10 s.
        Assert.InRange(terms["error_rate"].Value, 0.2, 0.3);
        Assert.Equal(40, terms["rate"].Value, 1e-9);
        Assert.Equal(0, fleet.Terms("b")["rate"].Value);
        Assert.Equal(terms["latency"].Value, fleet.Terms("b")["latency"].Value); // The median.
        Assert.Equal(0, fleet.Terms("b")["error_rate"].Value);
    }

    [Fact]
    public void A_fault_is_named_by_path_and_column()
    {
        var fault = Assert.Single(ExpressionFleet.FaultsOf("0.6*cpu + mn(jobs, 2)"));
        Assert.Equal(("Farms:web:Policy:Score", 11, "column 11: no function 'mn'; did you mean 'min'?"), (fault.Path, fault.Column, fault.Message));
        Assert.Equal("column 1: the expression is empty; write a formula such as 0.6*cpu + 0.4*jobs/capacity", Assert.Single(ExpressionFleet.FaultsOf("")).Message);
        Assert.Equal("'most' is not one of cost, worth", Assert.Single(ExpressionFleet.FaultsOf("cpu", "Reads=most")).Message);
        Assert.Equal(2, ExpressionFleet.FaultsOf("cpu /", "Statistic=x").Count);
    }

    [Fact]
    public void A_formula_is_compiled_once_however_often_states_change()
    {
        var fleet = ExpressionFleet.Of("a b", "load*2");
        var before = ((ExpressionOptions)fleet.Web.PolicyOptions!).Formula;
        fleet.Set(FleetStates.Normal);
        Assert.Same(before, ((ExpressionOptions)fleet.Web.PolicyOptions!).Formula);
    }

    private static void Report(TestFleet fleet)
    {
        fleet.Report("a=8 b=7 c=10", "cpu");
        fleet.Report("a=1 b=1 c=9", "jobs");
        fleet.Report("a=2 b=1 c=9", "capacity");
    }
}
