using Athena.Engine.Leases;
using Athena.Engine.Statistics;

namespace Athena.Engine.Tests.Policies;

/// <summary>Servers that report nonsense, or nothing, never attract more than a set multiple of their fair share.</summary>
public class LiarTests
{
    private const int Members = 20;
    private const int PerReport = 2000;

    public static TheoryData<string, double> Policies { get; } = new()
    {
        { "least_load Pick=best", 3 },
        { "least_load Pick=best MaxShare=1.5", 1.5 },
        { "least_load Pick=best HandOutCost=0 MaxShare=3", 3 },
        { "least_load Pick=two_choices", 2 }, // By nature: it is in 2 of n pairs.
        { "least_load Pick=proportional", 3 },
        { "sum Statistics:load=1 Pick=best", 3 },
        { "expression Score=load Pick=best", 3 },
        { "expression Score=load", 2 },
        { "expression Score=load>50?100:1 Pick=best", 3 }, // Its direction cannot be told: the score as a whole bears the hand-outs.
        { "expression Score=load>50?100:1", 2 },
        { "expression Score=1/(1+load) Reads=worth Pick=best", 3 },
        { "expression Score=1/(1+load) Reads=worth Pick=proportional", 3 },
    };

    [Theory]
    [MemberData(nameof(Policies))]
    public void One_that_always_reports_zero_is_bounded(string policy, double multiple) => AssertBounded(policy, multiple, (fleet, round) =>
        fleet.Report(string.Join(' ', Enumerable.Range(0, Members).Select(i => $"s{i}={(i == 0 ? 0 : 100 + (i % 3))}"))));

    [Theory]
    [MemberData(nameof(Policies))]
    public void One_that_reports_zero_once_and_falls_silent_is_bounded(string policy, double multiple) => AssertBounded(policy, multiple, (fleet, round) =>
        fleet.Report(string.Join(' ', Enumerable.Range(round == 0 ? 0 : 1, Members - (round == 0 ? 0 : 1)).Select(i => $"s{i}={(i == 0 ? 0 : 100 + (i % 3))}"))));

    [Theory]
    [MemberData(nameof(Policies))]
    public void One_that_never_reports_is_bounded(string policy, double multiple) => AssertBounded(policy, multiple, (fleet, round) =>
        fleet.Report(string.Join(' ', Enumerable.Range(1, Members - 1).Select(i => $"s{i}={100 + (i % 3)}"))));

    [Theory]
    [InlineData("least_time", 4)]
    [InlineData("least_time", 70)]
    [InlineData("least_time Pick=two_choices", 4)]
    [InlineData("peak_ewma", 4)]
    [InlineData("peak_ewma Pick=best", 4)]
    [InlineData("peak_ewma Pick=best", 70)]
    [InlineData("prequal", 4)]
    public void One_that_takes_work_and_never_ends_it_has_less_than_its_share(string policy, int members)
    {
        var fleet = TestFleet.Of(string.Join(' ', Enumerable.Range(0, members).Select(i => $"s{i}")), policy);
        var query = new BalanceQuery("web") { Lease = TimeSpan.FromSeconds(60) };
        var (taken, hangs) = (0, false);
        // 280 s at 20 a second: leases of the first end by their time alone, and its latency fades to nothing long before the last 100 s, which count.
        for (var i = 0; i < 280 * 20; i++)
        {
            hangs |= i == 400;
            var decision = fleet.Decide(query);
            if (decision.Member!.Server.Name != "s0" || !hangs)
            {
                fleet.Leases.Close(decision.Lease, OutcomeKind.Success, out _, TimeSpan.FromMilliseconds(10));
            }
            else if (i >= 180 * 20)
            {
                taken++;
            }
            fleet.Leases.Sweep();
            fleet.Pass(TimeSpan.FromMilliseconds(50));
        }
        var share = 100 * 20 / members;
        Assert.True(taken < share, $"{taken} of 2,000; its share would be {share}");
    }

    [Fact]
    public void Silence_ages_to_the_median_and_not_to_idle()
    {
        var fleet = TestFleet.Of("a b c d", "least_load Pick=best HandOutCost=0");
        for (var i = 0; i < 5; i++)
        {
            fleet.Report("a=1 b=10 c=20 d=30");
            fleet.Pass(TimeSpan.FromSeconds(10));
        }
        for (var i = 0; i < 3; i++)
        {
            Assert.Equal("a", fleet.Pick());
            fleet.Report("b=10 c=20 d=30");
            fleet.Pass(TimeSpan.FromSeconds(9));
        }
        // 37 s, more than three times ten: now it counts as the median, 20.
        Assert.Equal("b", fleet.Pick());
        fleet.Report("a=2");
        Assert.Equal("a", fleet.Pick());
    }

    [Theory]
    [InlineData("", 180)]
    [InlineData(" Expiration=00:00:20", 20)]
    public void Silence_after_one_report_ages_after(string option, int seconds)
    {
        var fleet = TestFleet.Of("a b", "least_load Pick=best HandOutCost=0" + option);
        fleet.Report("a=1 b=5");
        fleet.Pass(TimeSpan.FromSeconds(seconds));
        fleet.Report("b=5");
        Assert.Equal("a a a a a a a a", fleet.Picks(8));
        fleet.Pass(TimeSpan.FromSeconds(1));
        Assert.Equal(2, fleet.Count(100).Count); // Equal now.
    }

    [Fact]
    public void When_all_fall_silent_weights_decide()
    {
        var fleet = TestFleet.Of("a:3 b", "least_load Pick=best");
        fleet.Report("a=1 b=5");
        fleet.Pass(TimeSpan.FromSeconds(181));
        Assert.Equal(3000, fleet.Count(4000)["a"], 4.5 * Math.Sqrt(4000 * 0.75 * 0.25));
    }

    [Fact]
    public void The_first_learned_cost_is_not_that_of_all_hand_outs_since_the_start()
    {
        var fleet = TestFleet.Of("a b", "least_load Pick=best");
        fleet.Count(100_000);
        fleet.Report("a=10 b=10");
        fleet.Count(10);
        fleet.Report("a=10 b=10.5");
        var counts = fleet.Count(100);
        Assert.Equal(50, counts["a"], 2.0);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(double.Epsilon)]
    [InlineData(StatisticBoard.MaxValue)]
    public void The_same_odd_number_from_all_is_shared_alike(double number)
    {
        foreach (var policy in Policies.Select(p => p.Data.Item1))
        {
            var fleet = TestFleet.Of("a:1 b:4294967295", policy);
            Assert.All(fleet.Snapshot.Servers, s => s.Cells.Statistics.Report([new("load", number)], 0));
            Assert.Equal(1000, fleet.Count(1000).Values.Sum());
        }
    }

    [Fact]
    public void A_farm_of_one_or_of_none_has_a_defined_answer()
    {
        foreach (var policy in EveryPolicy.Forms)
        {
            Assert.Equal("a a", TestFleet.Of("a", policy).Picks(2));
            Assert.Equal("-", TestFleet.Of("", policy).Picks(1));
            Assert.Equal("-", TestFleet.Of("a:0 b:0", policy).Picks(1));
        }
    }

    private static void AssertBounded(string policy, double multiple, Action<TestFleet, int> report)
    {
        var fleet = TestFleet.Of(string.Join(' ', Enumerable.Range(0, Members).Select(i => $"s{i}")), policy);
        for (var round = 0; round < 6; round++)
        {
            report(fleet, round);
            var count = 0;
            for (var part = 0; part < 10; part++)
            {
                count += fleet.Count(PerReport / 10).GetValueOrDefault("s0");
                fleet.Pass(TimeSpan.FromSeconds(1));
            }
            // Ten more are let through by design; 4.5 standard deviations where chance decides.
            var most = (multiple * PerReport / Members) + 10;
            Assert.True(count <= most + (4.5 * Math.Sqrt(most)), $"round {round}: {count} of {PerReport}, most {most}");
        }
    }
}
