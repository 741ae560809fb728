using Athena.Engine.Farms;

namespace Athena.Engine.Tests.Policies;

public class LeastLoadPolicyTests
{
    private const string Best = "least_load Pick=best HandOutCost=0";
    private const string TwoChoices = "least_load HandOutCost=0";

    [Theory]
    [InlineData("a b c", "a=5 b=3 c=4", "b")]
    [InlineData("a:2 b c", "a=5 b=3 c=4", "a")] // 2.5 for its weight
    [InlineData("a b c", "a=0 b=0.001 c=1", "a")]
    [InlineData("a b c", "a=1e18 b=9e17 c=1e18", "b")]
    public void Best_takes_the_least_for_its_weight(string members, string numbers, string expected)
    {
        var fleet = TestFleet.Of(members, Best);
        fleet.Report(numbers);
        Assert.All(Seeds(100), seed => Assert.Equal(expected, fleet.Pick(seed)));
    }

    [Fact]
    public void Equals_share_alike()
    {
        var fleet = TestFleet.Of("a b c d", Best);
        fleet.Report("a=5 b=5 c=9 d=5");
        var counts = Counts(fleet, 3000);
        Assert.False(counts.ContainsKey("c"));
        // Thirds, wherever the others stand; 4.5 standard deviations.
        Assert.All(["a", "b", "d"], server => Assert.Equal(1000, counts[server], 4.5 * Math.Sqrt(3000 * (1 / 3.0) * (2 / 3.0))));
    }

    [Theory]
    [InlineData("least_load Pick=best HandOutCost=0", null)]
    [InlineData("least_load Pick=best HandOutCost=0", "d")]
    public void Equals_share_by_weight(string policy, string? excluded)
    {
        var fleet = TestFleet.Of("a:1 b:3 c d", policy);
        fleet.Report("a=2 b=6 c=9 d=9");
        var counts = Seeds(4000).Select(q => fleet.Pick(q with { Exclude = excluded?.Split(' ') })!).CountBy(n => n).ToDictionary();
        Assert.Equal(3000, counts["b"], 4.5 * Math.Sqrt(4000 * 0.75 * 0.25));
        Assert.Equal(4000, counts["a"] + counts["b"]);
    }

    [Fact]
    public void Two_choices_never_take_the_worst_and_mostly_take_the_better()
    {
        var fleet = TestFleet.Of("a b c", TwoChoices);
        fleet.Report("a=1 b=2 c=3");
        var counts = Counts(fleet, 9000);
        Assert.False(counts.ContainsKey("c"));
        // Of the three pairs two hold a; pairs are as likely as each other. 4.5 standard deviations.
        Assert.Equal(6000, counts["a"], 4.5 * Math.Sqrt(9000 * (2 / 3.0) * (1 / 3.0)));
    }

    [Fact]
    public void Two_choices_between_two_take_the_better()
    {
        var fleet = TestFleet.Of("a:10 b:1", TwoChoices);
        fleet.Report("a=21 b=2");
        Assert.All(Seeds(200), seed => Assert.Equal("b", fleet.Pick(seed)));
        fleet.Report("a=19");
        Assert.All(Seeds(200), seed => Assert.Equal("a", fleet.Pick(seed)));
    }

    [Theory]
    [InlineData("a=10 b=20 c=30", null, "a")] // d counts as 20.
    [InlineData("a=10 b=20 c=30", "a", "b d")] // The median is the farm's, whoever is excluded: d counts as 20.
    [InlineData("a=10 b=20 c=30", "a b", "d")]
    [InlineData("a=10 b=30", "a", "c d")] // Both 20.
    [InlineData("a=0 b=30 c=0", null, "a c d")] // d counts as zero.
    public void An_absent_number_counts_as_the_median(string numbers, string? excluded, string expected)
    {
        var fleet = TestFleet.Of("a b c d", Best);
        fleet.Report(numbers);
        var picked = Seeds(100).Select(seed => fleet.Pick(seed with { Exclude = excluded?.Split(' ') })!).Distinct().Order();
        Assert.Equal(expected.Split(' '), picked);
    }

    [Fact]
    public void Zero_is_a_number_and_absent_is_not()
    {
        var fleet = TestFleet.Of("a b", TwoChoices);
        fleet.Report("a=0 b=5");
        Assert.All(Seeds(50), seed => Assert.Equal("a", fleet.Pick(seed)));
        Assert.True(fleet.Member("a").Server.Cells.Statistics.TryGet("load", out var cell) && cell.IsReported);
    }

    [Fact]
    public void Without_any_report_weights_decide()
    {
        foreach (var policy in new[] { Best, TwoChoices })
        {
            var counts = Counts(TestFleet.Of("a:3 b:1", policy), 4000);
            // By weight alone: 3,000 and 1,000; 4.5 standard deviations.
            Assert.Equal(3000, counts["a"], 4.5 * Math.Sqrt(4000 * 0.75 * 0.25));
        }
    }

    [Fact]
    public void The_statistic_is_the_one_named()
    {
        var fleet = TestFleet.Of("a b", "least_load Pick=best HandOutCost=0 Statistic=cpu");
        fleet.Report("a=1 b=2", "load");
        fleet.Report("a=2 b=1", "cpu");
        Assert.Equal("b", fleet.Pick());
        fleet.Report("a=0", "CPU"); // Names are compared with case.
        Assert.Equal("b", fleet.Pick());
    }

    [Fact]
    public void A_set_hand_out_cost_fills_the_lowest_up_to_the_next()
    {
        var fleet = TestFleet.Of("a b", "least_load Pick=best HandOutCost=2");
        fleet.Report("a=0 b=10");
        Assert.Equal("a a a a a", fleet.Picks(5)); // 2, 4, 6, 8, 10: then equal.
        var counts = fleet.Count(100);
        Assert.Equal(50, counts["a"], 1.0);
    }

    [Theory]
    [InlineData("best")]
    [InlineData("two_choices")]
    public void Between_two_reports_decisions_are_spread(string pick)
    {
        var fleet = TestFleet.Of("a b c d", $"least_load Pick={pick}");
        fleet.Report("a=1 b=10 c=10 d=10");
        var counts = fleet.Count(4000);
        // Each hand-out counts one: the loads are level after the first 9, then all go alike. Two choices wobble by a few.
        Assert.All(["a", "b", "c", "d"], server => Assert.Equal(1000, counts[server], 100.0));
    }

    [Theory]
    [InlineData("best")]
    [InlineData("two_choices")]
    public void A_whole_farms_herd_follows_weights_between_reports(string pick)
    {
        var fleet = TestFleet.Of("a:3 b:1", $"least_load Pick={pick}");
        fleet.Report("a=1 b=1");
        // Both loads grow until load / weight is level: three to one, but for what was reported.
        Assert.Equal(3000, fleet.Count(4000)["a"], 10.0);
    }

    [Fact]
    public void A_new_report_takes_the_place_of_what_hand_outs_added()
    {
        var fleet = TestFleet.Of("a b", "least_load Pick=best HandOutCost=5");
        fleet.Report("a=0 b=1");
        Assert.Equal("a b a", fleet.Picks(3)); // 0, 1 -> 5, 1 -> 5, 6 -> 10, 6
        fleet.Report("a=3");
        Assert.Equal("a b", fleet.Picks(2)); // 3, 6 -> 8, 6
    }

    [Theory]
    [InlineData("least_load")]
    [InlineData("expression Score=load")]
    public void Best_sees_what_another_thread_hands_out_in_another_farm_but_for_a_few(string policy)
    {
        // 'a' is shared: the other thread gives it 500, so that 'b' of this farm is due about as many before 'a' is again.
        var alone = new FarmDefinition("alone") { Members = [new MemberDefinition("a")] };
        var fleet = TestFleet.Of(TestFleet.Fleet(TestFleet.FarmOf("a b", policy + " Pick=best HandOutCost=1 MaxShare=100"), alone));
        fleet.Report("a=0 b=0");
        Assert.Equal(10, fleet.Count(20)["a"]);
        // Another one than this, until it ends: of another stripe but for one time in sixteen, and then nothing at all is missed.
        var other = new Thread(() =>
        {
            for (var i = 0; i < 500; i++)
            {
                fleet.Decide(new BalanceQuery("alone"));
            }
        });
        other.Start();
        other.Join();
        var first = Enumerable.Range(0, 600).First(_ => fleet.Pick() == "a");
        // Of 500 a sixteenth is untold.
        Assert.InRange(first, 500 - 33, 501);
    }

    [Fact]
    public void Many_members_without_a_number_do_not_take_all()
    {
        var fleet = TestFleet.Of(string.Join(' ', Enumerable.Range(0, 200).Select(i => $"s{i}")), "least_load");
        fleet.Report(string.Join(' ', Enumerable.Range(0, 10).Select(i => $"s{i}=5")));
        var counts = fleet.Count(4000);
        Assert.True(counts.Count > 180, $"only {counts.Count} of 200 members were picked");
        Assert.True(counts.Values.Max() < 80, $"one member had {counts.Values.Max()} of 4,000 picks, four times its share");
    }

    private static IEnumerable<BalanceQuery> Seeds(int count) => Enumerable.Range(0, count).Select(i => new BalanceQuery("web") { Seed = (ulong)i });

    private static Dictionary<string, int> Counts(TestFleet fleet, int decisions) =>
        Seeds(decisions).Select(seed => fleet.Pick(seed)!).CountBy(name => name).ToDictionary();
}
