using System.Collections.Immutable;
using Athena.Engine.Farms;

namespace Athena.Engine.Tests;

public class BalancerTests
{
    [Fact]
    public void A_farm_that_is_not_there_is_not_found()
    {
        var fleet = TestFleet.Of("a");
        var decision = fleet.Decide(new BalanceQuery("wep"));
        Assert.Equal((DecisionKind.FarmNotFound, null, null), (decision.Kind, decision.Farm, decision.Member));
        Assert.Same(fleet.Snapshot, decision.Snapshot);
    }

    [Fact]
    public void Before_the_first_snapshot_no_farm_is_found() =>
        Assert.Equal(DecisionKind.FarmNotFound, new Balancer(new SnapshotHolder(), TestFleet.Of("a").Leases).Decide(new BalanceQuery("web")).Kind);

    [Fact]
    public void The_engine_and_the_farm_can_be_off()
    {
        var fleet = TestFleet.Of("a");
        fleet.Set(FleetStates.Normal with { Engine = TestStates.Off });
        Assert.Equal(DecisionKind.EngineOff, fleet.Decide().Kind);
        fleet.Set(FleetStates.Normal.WithFarm("WEB", TestStates.Off));
        Assert.Equal(DecisionKind.FarmOff, fleet.Decide().Kind);
        fleet.Set(FleetStates.Normal);
        Assert.Equal(DecisionKind.Chosen, fleet.Decide().Kind);
    }

    [Fact]
    public void A_farm_without_members_has_nobody() => Assert.Equal(DecisionKind.NoAvailableMember, TestFleet.Of("").Decide().Kind);

    [Fact]
    public void The_answer_names_snapshot_farm_member_and_seed()
    {
        var fleet = TestFleet.Of("a b");
        var decision = fleet.Decide(new BalanceQuery("web") { Seed = 17 });
        Assert.Same(fleet.Snapshot, decision.Snapshot);
        Assert.Same(fleet.Web, decision.Farm);
        Assert.Same(fleet.Member("b"), decision.Member);
        Assert.Equal((17UL, 0UL, false), (decision.Seed, decision.Lease, decision.Pinned));
        Assert.Null(decision.LastHop);
        Assert.Equal((1L, 0L), (decision.Member!.Server.Cells.Chosen, decision.Member.Server.Cells.InFlight));
    }

    [Theory]
    [InlineData("round_robin")]
    [InlineData("random")]
    [InlineData("least_load")]
    [InlineData("least_load Pick=best")]
    public void Excluded_servers_are_not_chosen(string policy)
    {
        var fleet = TestFleet.Of("a:9 b:1 c:5", policy);
        Assert.Equal(["b"], fleet.Count(50, new BalanceQuery("web") { Exclude = ["A", "c", "nobody"] }).Keys);
        Assert.Equal(DecisionKind.NoAvailableMember, fleet.Decide(new BalanceQuery("web") { Exclude = ["a", "b", "c"] }).Kind);
        Assert.Equal(3, fleet.Count(200, new BalanceQuery("web") { Exclude = [] }).Count);
    }

    [Theory]
    [InlineData("round_robin")]
    [InlineData("random")]
    [InlineData("least_load")]
    public void Only_servers_with_all_the_labels_are_chosen(string policy)
    {
        var fleet = Labelled(policy, "a zone=1 version=2", "b zone=1", "c zone=2 version=2", "d");
        Assert.Equal(["a", "b"], fleet.Count(50, Labels(("zone", "1"))).Keys.Order());
        Assert.Equal(["a"], fleet.Count(50, Labels(("zone", "1"), ("version", "2"))).Keys);
        Assert.Equal(["-"], fleet.Count(5, Labels(("zone", "3"))).Keys);
        Assert.Equal(["-"], fleet.Count(5, Labels(("zone", ""))).Keys);
        Assert.Equal(["b"], fleet.Count(50, Labels(("zone", "1")) with { Exclude = ["a"] }).Keys);
        Assert.Equal(4, fleet.Count(200, Labels()).Count);
    }

    [Fact]
    public void A_pinned_session_gets_its_server()
    {
        var fleet = TestFleet.Of("a b c");
        Assert.Equal("b b b", fleet.Picks(3, Pinned("B")));
        Assert.True(fleet.Decide(Pinned("b")).Pinned);
        fleet.Set(TestStates.ServerDrain("b"));
        Assert.Equal("b", fleet.Pick(Pinned("b")));
        fleet.Set(FleetStates.Normal.Member("b", TestStates.Drain));
        Assert.Equal("b", fleet.Pick(Pinned("b")));
    }

    [Theory]
    [InlineData("off")]
    [InlineData("down")]
    [InlineData("out")]
    [InlineData("excluded")]
    [InlineData("label")]
    [InlineData("stranger")]
    [InlineData("drain and down")]
    public void A_pinned_session_that_cannot_have_its_server_gets_another(string why)
    {
        var fleet = TestFleet.Of("a b", states: why switch
        {
            "off" => TestStates.ServerOff("b"),
            "down" => TestStates.ServerDown("b"),
            "out" => TestStates.ServerOut("b"),
            "drain and down" => TestStates.With("b", new ServerState { Admin = TestStates.Drain, Health = HealthState.Down }),
            _ => FleetStates.Normal,
        });
        var query = why switch
        {
            "excluded" => Pinned("b") with { Exclude = ["b"] },
            "stranger" => Pinned("x"),
            _ => Pinned("b"),
        };
        var decision = fleet.Decide(why == "label" ? query with { Labels = Labels(("zone", "1")).Labels } : query);
        Assert.False(decision.Pinned);
        Assert.Equal(why == "label" ? null : "a", decision.Member?.Server.Name);
    }

    [Fact]
    public void In_panic_a_pinned_session_stays_whatever_the_health()
    {
        var fleet = TestFleet.Of(TestFleet.FarmOf("a b c") with { PanicThreshold = 0.5 }, TestStates.ServerDown("b").And(TestStates.ServerOut("c")));
        Assert.True(fleet.Web.IsPanicking);
        Assert.Equal("b c", $"{fleet.Pick(Pinned("b"))} {fleet.Pick(Pinned("c"))}");
        Assert.True(fleet.Decide(Pinned("b")).Pinned);
    }

    [Theory]
    [InlineData("round_robin")]
    [InlineData("random")]
    [InlineData("least_load")]
    [InlineData("least_load Pick=best")]
    public void Alternates_are_others_one_of_each(string policy)
    {
        var fleet = TestFleet.Of("a b:3 c d e:0", policy, TestStates.ServerDown("d"));
        for (var i = 0; i < 50; i++)
        {
            var query = new BalanceQuery("web") { Seed = (ulong)i };
            var first = fleet.Decide(query);
            var names = Balancer.Alternates(first, query, 10).Select(m => m.Server.Name).Prepend(first.Member!.Server.Name).ToArray();
            Assert.Equal(["a", "b", "c"], names.Order());
            Assert.Equal(names.Skip(1), Balancer.Alternates(first, query, 10).Select(m => m.Server.Name));
            Assert.Equal(names.Skip(1).Take(1), Balancer.Alternates(first, query, 1).Select(m => m.Server.Name));
        }
    }

    [Fact]
    public void Alternates_are_in_the_policys_order()
    {
        var fleet = TestFleet.Of("a b c d", "least_load Pick=best HandOutCost=0");
        fleet.Report("a=3 b=1 c=4 d=2");
        var first = fleet.Decide();
        Assert.Equal(["d", "a", "c"], Balancer.Alternates(first, new BalanceQuery("web"), 3).Select(m => m.Server.Name));
        var query = new BalanceQuery("web") { Exclude = ["a"] };
        Assert.Equal(["d", "c"], Balancer.Alternates(first, query, 3).Select(m => m.Server.Name));
    }

    [Fact]
    public void Alternates_change_nothing_and_there_are_none_of_no_choice()
    {
        var fleet = TestFleet.Of("a b c");
        var query = new BalanceQuery("web") { Lease = TimeSpan.FromMinutes(1) };
        var decision = fleet.Decide(query);
        Assert.Equal(2, Balancer.Alternates(decision, query, 2).Count);
        Assert.Equal((1L, 1L), (fleet.Leases.Open, fleet.Web.Members.Sum(m => m.Server.Cells.Chosen)));
        Assert.Equal("b", fleet.Pick());
        Assert.Empty(Balancer.Alternates(decision, query, 0));
        Assert.Empty(Balancer.Alternates(fleet.Decide(new BalanceQuery("none")), query, 2));
    }

    [Fact]
    public void Alternates_of_pinned_sessions_are_spread()
    {
        var fleet = TestFleet.Of("a b c d e", "random");
        var firsts = Enumerable.Range(0, 400).Select(_ => Balancer.Alternates(fleet.Decide(Pinned("a")), Pinned("a"), 1)[0].Server.Name).CountBy(n => n);
        // Each of the four others has 100; five standard deviations of a binomial count, exceeded once in a million runs.
        Assert.All(firsts, f => Assert.Equal(100, f.Value, 5 * Math.Sqrt(400 * 0.25 * 0.75)));
    }

    [Theory]
    [InlineData("round_robin", "a b:3 c:2 d e f")]
    [InlineData("round_robin", "a:5000 b:7001 c:9001 d")]
    [InlineData("random", "a b:3 c:2 d e f")]
    [InlineData("least_load HandOutCost=0", "a b:3 c:2 d e f")]
    [InlineData("least_load HandOutCost=0 Pick=best", "a b:3 c:2 d e f")]
    public void The_seed_of_an_answer_repeats_it(string policy, string members)
    {
        var fleet = TestFleet.Of(members, policy);
        foreach (var exclude in new string[][] { [], ["b"], ["b", "c"] })
        {
            var query = new BalanceQuery("web") { Exclude = exclude };
            Assert.All(Enumerable.Range(0, 100), _ =>
            {
                var decision = fleet.Decide(query);
                Assert.Equal(decision.Member!.Server.Name, fleet.Pick(query with { Seed = decision.Seed }));
            });
        }
    }

    private static BalanceQuery Pinned(string server) => new("web") { PinnedServer = server };

    private static BalanceQuery Labels(params (string Key, string Value)[] labels) => new("web") { Labels = labels.ToDictionary(l => l.Key, l => l.Value) };

    private static TestFleet Labelled(string policy, params string[] servers)
    {
        var parts = servers.Select(s => s.Split(' ')).ToArray();
        return TestFleet.Of(new FleetDefinition(
            [.. parts.Select(p => TestFleet.Server(p[0]) with { Labels = p.Skip(1).Select(l => l.Split('=')).ToImmutableSortedDictionary(l => l[0], l => l[1]) })],
            [TestFleet.FarmOf(string.Join(' ', parts.Select(p => p[0])), policy)]));
    }
}
