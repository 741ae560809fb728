using Athena.Engine.Leases;
using Athena.Engine.Policies.Expressions;

namespace Athena.Engine.Tests.Policies.Expressions;

/// <summary>What hand-outs do to scores until the next report.</summary>
public class HerdTests
{
    [Theory]
    [InlineData("0.6*cpu + 0.4*jobs/capacity", nameof(RaiseRule.Cost), "cpu jobs")]
    [InlineData("0.6*cpu + 0.4*jobs/capacity", nameof(RaiseRule.Worth), "capacity")]
    [InlineData("capacity - jobs", nameof(RaiseRule.Worth), "jobs")]
    [InlineData("100 - clamp(cpu, 0, 100)", nameof(RaiseRule.Worth), "cpu")]
    [InlineData("-(cpu + 1) * (jobs + 2)", nameof(RaiseRule.Worth), "cpu jobs")]
    [InlineData("1 / (1 + cpu)", nameof(RaiseRule.Worth), "cpu")]
    [InlineData("pow(cpu, 2) + sqrt(jobs) + exp(x) + log(y)", nameof(RaiseRule.Cost), "cpu jobs x y")]
    [InlineData("pow(cpu, -1)", nameof(RaiseRule.Worth), "cpu")]
    [InlineData("cpu + 1000*(cpu > 80)", nameof(RaiseRule.Cost), "cpu")]
    [InlineData("cpu > 80 && jobs > 5", nameof(RaiseRule.Cost), "cpu jobs")]
    [InlineData("max(cpu, jobs) + coalesce(x, 5)", nameof(RaiseRule.Cost), "cpu jobs x")]
    [InlineData("cpu / farm_median(cpu)", nameof(RaiseRule.Cost), "cpu")]
    [InlineData("age > 10 ? 1000 : cpu", nameof(RaiseRule.Cost), "cpu")]
    [InlineData("!free", nameof(RaiseRule.Worth), "free")]
    [InlineData("cpu > 80 ? 1000 : cpu", nameof(RaiseRule.Cost), "")] // Cannot be told: the score as a whole.
    [InlineData("cpu + abs(jobs - 5)", nameof(RaiseRule.Cost), "")]
    [InlineData("cpu * (jobs - 5)", nameof(RaiseRule.Cost), "")]
    [InlineData("ready", nameof(RaiseRule.Worth), "")]
    [InlineData("latency", nameof(RaiseRule.Cost), "")]
    [InlineData("cpu", nameof(RaiseRule.None), "")]
    public void Hand_outs_raise_the_statistics_of_which_more_is_worse(string score, string rule, string raised)
    {
        var formula = Formula.Compile(new Parser(score).Parse()!, Enum.Parse<RaiseRule>(rule));
        Assert.Equal(raised.Split(' ', StringSplitOptions.RemoveEmptyEntries), formula.Slots.Where(s => s.IsRaised).Select(s => s.Name).Distinct());
        Assert.Equal(raised.Length > 0, formula.IsRaised);
    }

    [Fact]
    public void A_statistic_is_raised_by_what_a_hand_out_was_seen_to_cost()
    {
        var fleet = ExpressionFleet.Of("a b", "cpu/capacity", "Pick=best");
        fleet.Report("a=10 b=10", "cpu");
        fleet.Report("a=2 b=2", "capacity");
        fleet.Count(20); // ten each
        fleet.Report("a=40 b=40", "cpu");
        fleet.Report("a=2 b=2", "capacity");
        Assert.Equal(20, fleet.Score("a"));
        fleet.Count(4); // two each, 4 a piece
        Assert.Equal(48, fleet.Terms("a")["cpu"].Value, 1e-9);
        Assert.Equal(2, fleet.Terms("a")["capacity"].Value);
        Assert.Equal(24, fleet.Score("a"), 1e-9);
    }

    [Fact] // Ended leases counted on until the next report: a server that was done looked as busy as one that was not.
    public void A_lease_raises_a_statistic_until_it_ends()
    {
        var fleet = ExpressionFleet.Of("a", "jobs");
        fleet.Report("a=7", "jobs");
        var leases = Enumerable.Range(0, 5).Select(_ => fleet.Decide(new BalanceQuery("web") { Lease = TimeSpan.FromMinutes(1) }).Lease).ToArray();
        Assert.Equal(7 + 5, fleet.Score("a")); // A lease costs one until something is learned.
        Array.ForEach(leases[..2], l => fleet.End(l));
        Assert.Equal(7 + 3, fleet.Score("a"));
        fleet.Report("a=6", "jobs"); // Stands for three leases.
        Assert.Equal(6, fleet.Score("a"));
        Array.ForEach(leases[2..], l => fleet.End(l));
        Assert.Equal(0, fleet.Score("a"), 1e-9);
    }

    [Theory]
    [InlineData("ready", "worth", 30 / 1.5, 30, 90)] // Three times as good at most: MaxShare.
    [InlineData("ready > 25 ? 1 : 2", "cost", 1.5, 1, 1 / 3.0)]
    public void A_lease_makes_a_score_as_a_whole_worse_until_it_ends(string score, string reads, double withLeases, double fresh, double after)
    {
        var fleet = ExpressionFleet.Of("a", score, $"Pick=best Reads={reads}");
        fleet.Report("a=30", "ready");
        var leases = Enumerable.Range(0, 10).Select(_ => fleet.Decide(new BalanceQuery("web") { Lease = TimeSpan.FromMinutes(1) }).Lease).ToList();
        fleet.Report("a=30", "ready"); // Stands for ten.
        Assert.Equal(fresh, fleet.Score("a"), 1e-9);
        leases.AddRange(Enumerable.Range(0, 5).Select(_ => fleet.Decide(new BalanceQuery("web") { Lease = TimeSpan.FromMinutes(1) }).Lease));
        Assert.Equal(withLeases, fleet.Score("a"), 1e-9);
        leases.Slice(0, 5).ForEach(l => fleet.End(l));
        Assert.Equal(fresh, fleet.Score("a"), 1e-9);
        leases.Slice(5, 10).ForEach(l => fleet.End(l));
        Assert.Equal(after, fleet.Score("a"), 1e-9);
    }

    [Theory]
    [InlineData("cost", 10 + (3 * 2))]
    [InlineData("worth", 10 - (3 * 2))]
    public void A_set_cost_is_added_to_a_cost_and_taken_from_a_worth(string reads, double expected)
    {
        var fleet = ExpressionFleet.Of("a", "load", $"HandOutCost=3 Reads={reads}");
        fleet.Report("a=10");
        fleet.Count(2);
        Assert.Equal(expected, fleet.Score("a"));
    }

    [Theory]
    [InlineData("ready", "worth", 30, 30 / 1.4)]
    [InlineData("1/ready", "cost", 1 / 30.0, 1.4 / 30)]
    [InlineData("0 - 1/ready", "worth", -1 / 30.0, -1.4 / 30)]
    [InlineData("0 - ready", "cost", -30, -30 * 0.6)]
    public void Where_more_of_nothing_is_worse_the_score_as_a_whole_gets_worse(string score, string reads, double fresh, double later)
    {
        var fleet = ExpressionFleet.Of("a b", score, $"Pick=best Reads={reads}");
        fleet.Report("a=30 b=30", "ready");
        fleet.Count(20);
        fleet.Report("a=30 b=30", "ready"); // Ten hand-outs from report to report are usual.
        Assert.Equal(fresh, fleet.Score("a"), 1e-9);
        fleet.Count(8); // Four of ten.
        Assert.Equal(later, fleet.Score("a"), 1e-9);
    }

    [Theory]
    [InlineData("ready", "worth", "best")]
    [InlineData("ready", "worth", "two_choices")]
    [InlineData("ready > 25 ? 1 : 2", "cost", "best")]
    [InlineData("100 / (1 + ready)", "cost", "best")]
    public void The_best_one_does_not_get_everything_until_the_next_report(string score, string reads, string pick)
    {
        var fleet = ExpressionFleet.Of("a b c d", score, $"Pick={pick} Reads={reads}");
        for (var round = 0; round < 5; round++)
        {
            fleet.Report("a=30 b=20 c=20 d=20", "ready");
            var counts = fleet.Count(400);
            // Its fair share is 100; what it is better by makes it at most double.
            Assert.InRange(counts["a"], 100, 220);
        }
    }

    [Fact]
    public void A_formula_that_counts_hand_outs_itself_is_left_as_it_stands()
    {
        var fleet = ExpressionFleet.Of("a b", "latency + since_report", "Pick=best");
        Assert.Equal(500, fleet.Count(1000)["a"], 1.0);
        Assert.Equal(500, fleet.Score("a"), 1.0);
        var leases = ExpressionFleet.Of("a b", "10 + in_flight", "Pick=best");
        for (var i = 0; i < 6; i++)
        {
            leases.Decide(new BalanceQuery("web") { Lease = TimeSpan.FromMinutes(1) });
        }
        Assert.Equal([13.0, 13.0], leases.Scores());
    }

    [Theory]
    [InlineData("two_choices")]
    [InlineData("best")]
    public void An_outcome_counts_from_the_next_pick_on(string pick)
    {
        var fleet = ExpressionFleet.Of("a b", "latency", $"HandOutCost=0 Pick={pick}");
        foreach (var (server, milliseconds) in new[] { ("a", 20), ("b", 50), ("a", 20), ("b", 50) })
        {
            var lease = fleet.Decide(new BalanceQuery("web") { Lease = TimeSpan.FromMinutes(1), PinnedServer = server }).Lease;
            fleet.Leases.Close(lease, OutcomeKind.Success, out _, TimeSpan.FromMilliseconds(milliseconds));
            fleet.Refresher.Refresh();
        }
        var open = fleet.Decide(new BalanceQuery("web") { Lease = TimeSpan.FromMinutes(1), PinnedServer = "a" }).Lease;
        Assert.Equal("a", fleet.Pick());
        fleet.Leases.Close(open, OutcomeKind.Success, out _, TimeSpan.FromMilliseconds(60));
        Assert.Equal("b", fleet.Pick());
    }

    [Fact]
    public void Each_statistic_counts_the_hand_outs_since_its_own_report()
    {
        var fleet = ExpressionFleet.Of("a b", "load + 10*cpu");
        var a = new BalanceQuery("web") { PinnedServer = "a" };
        fleet.Report("a=10 b=10");
        fleet.Report("a=1 b=1", "cpu");
        fleet.Picks(2, a);
        Assert.Equal(12 + (10 * 3), fleet.Score("a"));
        fleet.Report("a=10"); // Which teaches that a hand-out costs 5 of the load; of the other nobody knows, so 1.
        Assert.Equal(10 + (10 * 3), fleet.Score("a"));
        fleet.Decide(a with { Lease = TimeSpan.FromMinutes(1) });
        Assert.Equal(15 + (10 * 4), fleet.Score("a"));
        fleet.Report("a=1", "cpu");
        Assert.Equal(15 + 10, fleet.Score("a"));
    }
}
