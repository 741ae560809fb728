using Athena.Engine.Farms;

namespace Athena.Engine.Tests;

public class BalancerForwardTests
{
    private const string Sorry = "https://sorry.example/";

    [Fact]
    public void A_farm_that_is_off_goes_to_its_off_target()
    {
        var fleet = Two(off: "other", down: Sorry, FleetStates.Normal.WithFarm("web", TestStates.Off));
        var decision = fleet.Decide();
        Assert.Equal((DecisionKind.Chosen, "other", "x"), (decision.Kind, decision.Farm!.Name, decision.Member!.Server.Name));
        Assert.Equal(new ForwardHop("web", "other", ForwardReason.FarmOff, null), decision.LastHop);
    }

    [Fact]
    public void A_farm_that_is_off_without_off_target_goes_to_its_down_target()
    {
        var decision = Two(off: null, down: Sorry, FleetStates.Normal.WithFarm("web", TestStates.Off)).Decide();
        Assert.Equal((DecisionKind.ForwardedToUrl, Sorry, "web"), (decision.Kind, decision.Url, decision.Farm!.Name));
        Assert.Equal(new ForwardHop("web", Sorry, ForwardReason.FarmOff, null), decision.LastHop);
        Assert.Null(decision.Member);
    }

    [Fact]
    public void A_farm_with_nobody_goes_to_its_down_target_alone()
    {
        var down = TestStates.ServerDown("a b");
        Assert.Equal(new ForwardHop("web", "other", ForwardReason.NoAvailableMember, null), Two(off: null, down: "other", down).Decide().LastHop);
        Assert.Equal(DecisionKind.NoAvailableMember, Two(off: "other", down: null, down).Decide().Kind);
    }

    [Fact]
    public void A_farm_whose_members_are_all_excluded_is_forwarded_too()
    {
        var fleet = Two(off: null, down: "other", FleetStates.Normal);
        Assert.Equal("x", fleet.Pick(new BalanceQuery("web") { Exclude = ["a", "b"] }));
        Assert.Equal(DecisionKind.NoAvailableMember, fleet.Decide(new BalanceQuery("web") { Exclude = ["a", "b", "x"] }).Kind);
    }

    [Fact]
    public void A_full_farm_goes_to_its_down_target()
    {
        var web = TestFleet.FarmOf("a") with { MaxInFlight = 1, ForwardDown = new("other") };
        var fleet = TestFleet.Of(TestFleet.Fleet(web, TestFleet.FarmOf("x") with { Name = "other" }));
        var query = new BalanceQuery("web") { Lease = TimeSpan.FromMinutes(1) };
        Assert.Equal("a x x", fleet.Picks(3, query));
        Assert.Equal(new ForwardHop("web", "other", ForwardReason.FarmOverCapacity, null), fleet.Decide(query).LastHop);
        Assert.Equal((1L, 3L), (fleet.Web.Cells.InFlight, fleet.Farm("other").Cells.InFlight));
    }

    [Fact]
    public void An_engine_that_is_off_leads_to_urls_alone()
    {
        var off = FleetStates.Normal with { Engine = TestStates.Off };
        Assert.Equal(DecisionKind.EngineOff, Two(off: null, down: null, off).Decide().Kind);
        Assert.Equal(DecisionKind.EngineOff, Two(off: "other", down: null, off).Decide().Kind);
        Assert.Equal(Sorry, Two(off: Sorry, down: null, off).Decide().Url);
    }

    [Fact]
    public void Hops_tell_the_whole_way()
    {
        var fleet = TestFleet.Of(
            TestFleet.Fleet(
                TestFleet.FarmOf("a") with { ForwardOff = new("two"), ForwardDown = new("three") },
                TestFleet.FarmOf("b") with { Name = "two", ForwardDown = new("three") },
                TestFleet.FarmOf("c") with { Name = "three" }),
            TestStates.ServerDown("b").WithFarm("web", TestStates.Off));
        var decision = fleet.Decide();
        Assert.Equal("c", decision.Member!.Server.Name);
        var first = new ForwardHop("web", "two", ForwardReason.FarmOff, null);
        Assert.Equal(new ForwardHop("two", "three", ForwardReason.NoAvailableMember, first), decision.LastHop);
    }

    [Fact]
    public void The_hops_of_a_chain_that_ends_with_nobody_are_told()
    {
        var fleet = Two(off: null, down: "other", TestStates.ServerDown("a b x"));
        var decision = fleet.Decide();
        Assert.Equal((DecisionKind.NoAvailableMember, "other", "other"), (decision.Kind, decision.Farm!.Name, decision.LastHop!.To));
    }

    [Fact]
    public void A_chain_of_eight_is_followed_to_its_end()
    {
        var farms = Enumerable.Range(0, 9).Select(i =>
            TestFleet.FarmOf($"s{i}") with { Name = i == 0 ? "web" : $"f{i}", ForwardDown = i < 8 ? new($"f{i + 1}") : null }).ToArray();
        var fleet = TestFleet.Of(TestFleet.Fleet(farms), TestStates.ServerDown("s0 s1 s2 s3 s4 s5 s6 s7"));
        var decision = fleet.Decide();
        Assert.Equal("s8", decision.Member!.Server.Name);
        Assert.Equal(8, Hops(decision));
    }

    [Fact]
    public void A_url_is_never_the_ninth_hop()
    {
        // Never validated: the validator counts the URL too.
        var farms = Enumerable.Range(0, 9).Select(i =>
            TestFleet.FarmOf("") with { Name = i == 0 ? "web" : $"f{i}", ForwardDown = new(i < 8 ? $"f{i + 1}" : Sorry) }).ToArray();
        var holder = new SnapshotHolder();
        var balancer = new Balancer(holder, TestFleet.Of("a").Leases);
        holder.Publish(new SnapshotCompiler(TestFleet.Catalog, new()).Compile(1, TestFleet.Fleet(farms), FleetStates.Normal));
        Assert.Equal(DecisionKind.ForwardTooDeep, balancer.Decide(new BalanceQuery("web")).Kind);
        Assert.Equal(Sorry, balancer.Decide(new BalanceQuery("f1")).Url);
    }

    [Fact]
    public void While_the_engine_is_off_forwards_say_so()
    {
        var fleet = TestFleet.Of(TestFleet.FarmOf("a") with { ForwardOff = new(Sorry) }, FleetStates.Normal with { Engine = TestStates.Off });
        Assert.Equal(new ForwardHop("web", Sorry, ForwardReason.EngineOff, null), fleet.Decide().LastHop);
    }

    [Fact]
    public void A_loop_that_was_never_validated_ends_all_the_same()
    {
        var farm = TestFleet.FarmOf("") with { ForwardDown = new("web") };
        var holder = new SnapshotHolder();
        holder.Publish(new SnapshotCompiler(TestFleet.Catalog, new()).Compile(1, TestFleet.Fleet(farm), FleetStates.Normal));
        var decision = new Balancer(holder, TestFleet.Of("a").Leases).Decide(new BalanceQuery("web"));
        Assert.Equal(DecisionKind.ForwardTooDeep, decision.Kind);
        Assert.Equal(9, Hops(decision));
    }

    [Fact]
    public void A_pin_holds_where_the_forward_leads()
    {
        var web = TestFleet.FarmOf("a") with { ForwardDown = new("other") };
        var fleet = TestFleet.Of(TestFleet.Fleet(web, TestFleet.FarmOf("x y z") with { Name = "other" }), TestStates.ServerDown("a"));
        var decision = fleet.Decide(new BalanceQuery("web") { PinnedServer = "y" });
        Assert.Equal(("y", true), (decision.Member!.Server.Name, decision.Pinned));
    }

    private static int Hops(Decision decision)
    {
        var count = 0;
        for (var hop = decision.LastHop; hop is not null; hop = hop.Previous)
        {
            count++;
        }
        return count;
    }

    private static TestFleet Two(string? off, string? down, FleetStates states)
    {
        var web = TestFleet.FarmOf("a b") with { ForwardOff = off is null ? null : new(off), ForwardDown = down is null ? null : new(down) };
        return TestFleet.Of(TestFleet.Fleet(web, TestFleet.FarmOf("x") with { Name = "other" }), states);
    }
}
