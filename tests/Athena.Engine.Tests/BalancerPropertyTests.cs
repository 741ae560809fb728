using Athena.Engine.Farms;
using Athena.Engine.Policies;
using CsCheck;

namespace Athena.Engine.Tests;

/// <summary>What holds for every fleet, all states, all statistics and every question.</summary>
public class BalancerPropertyTests
{
    private static readonly Gen<(FleetDefinition Fleet, FleetStates States, double[] Numbers, BalanceQuery[] Queries)> Scene =
        Gen.Select(FleetGen.Fleet, FleetGen.States, FleetGen.Numbers, FleetGen.Query.Array[20]);

    [Fact]
    public void Only_a_member_that_may_be_chosen_is_chosen() => Scene.Sample(scene =>
    {
        var fleet = Make(scene.Fleet, scene.States, scene.Numbers);
        foreach (var query in scene.Queries)
        {
            var decision = fleet.Decide(query);
            if (decision.Kind == DecisionKind.Chosen)
            {
                AssertMayBeChosen(decision, query, scene.States);
                Assert.All(Balancer.Alternates(decision, query, 3), m => AssertMayBeChosen(
                    new Decision { Kind = DecisionKind.Chosen, Farm = decision.Farm, Member = m }, query with { Lease = null }, scene.States));
            }
            else
            {
                AssertRefusedRightly(decision, query);
            }
        }
        Assert.Equal(fleet.Leases.Open, fleet.Snapshot.Farms.Sum(f => f.Cells.InFlight));
        Assert.Equal(fleet.Leases.Open, fleet.Snapshot.Servers.Sum(s => s.Cells.InFlight));
        fleet.Time.Advance(TimeSpan.FromMinutes(1));
        fleet.Leases.Sweep();
        Assert.All(fleet.Snapshot.Servers, s => Assert.Equal(0, s.Cells.InFlight));
    }, iter: 1500);

    [Fact]
    public void The_same_history_and_seeds_give_the_same_picks() => Scene.Sample(scene =>
    {
        var (one, two) = (Make(scene.Fleet, scene.States, scene.Numbers), Make(scene.Fleet, scene.States, scene.Numbers));
        foreach (var query in scene.Queries)
        {
            var (first, second) = (one.Decide(query), two.Decide(query));
            Assert.Equal(
                (first.Kind, first.Farm?.Name, first.Member?.Declared.Name, first.Member?.Server.Name, first.Url, first.LastHop, first.Pinned, first.Seed),
                (second.Kind, second.Farm?.Name, second.Member?.Declared.Name, second.Member?.Server.Name, second.Url, second.LastHop, second.Pinned, second.Seed));
            Assert.Equal(Names(Balancer.Alternates(first, query, 3)), Names(Balancer.Alternates(second, query, 3)));
        }
    }, iter: 500);

    [Fact]
    public void Round_robin_and_random_share_by_weight() => Gen.UInt[1, 20].Array[1, 8].Sample(weights =>
    {
        const int Decisions = 2000;
        var members = string.Join(' ', weights.Select((w, i) => $"s{i}:{w}"));
        var total = weights.Sum(w => (double)w);
        var turn = TestFleet.Of(members).Count(Decisions);
        var random = TestFleet.Of(members, "random");
        var drawn = Enumerable.Range(0, Decisions).Select(i => random.Pick(new BalanceQuery("web") { Seed = (ulong)i })!).CountBy(n => n).ToDictionary();
        for (var i = 0; i < weights.Length; i++)
        {
            var share = weights[i] / total;
            // A cycle is exact; what the unfinished one holds differs by less than the member's weight.
            Assert.Equal(Decisions * share, turn.GetValueOrDefault($"s{i}"), (double)weights[i]);
            // Six standard deviations of a binomial count, and one for the smallest shares: many fleets are tried.
            Assert.Equal(Decisions * share, drawn.GetValueOrDefault($"s{i}"), (6 * Math.Sqrt(Decisions * share * (1 - share))) + 1);
        }
    }, iter: 100);

    public static TheoryData<string> Numbered => [.. EveryPolicy.Forms.Where(f => !f.StartsWith("expression", StringComparison.Ordinal))];

    [Theory]
    [MemberData(nameof(Numbered))]
    public void While_nobody_reports_every_policy_shares_by_weight(string policy) => Gen.UInt[1, 20].Array[1, 20].Sample(weights =>
    {
        const int Decisions = 3000;
        var fleet = TestFleet.Of(string.Join(' ', weights.Select((w, i) => $"s{i}:{w}")), policy);
        // Turns come from the farm's counter: a given one that must be skipped would count for the next one too.
        var isInTurn = fleet.Web.Policy.Seeds == SeedSource.Sequence;
        var counts = Enumerable.Range(0, Decisions).Select(i => fleet.Pick(new BalanceQuery("web") { Seed = isInTurn ? null : (ulong)i })!).CountBy(n => n).ToDictionary();
        var total = weights.Sum(w => (double)w);
        for (var i = 0; i < weights.Length; i++)
        {
            var share = weights[i] / total;
            // Six standard deviations of a binomial count, and what an unfinished cycle of turns holds.
            Assert.Equal(Decisions * share, counts.GetValueOrDefault($"s{i}"), (6 * Math.Sqrt(Decisions * share * (1 - share))) + 21);
        }
    }, iter: 20);

    private static void AssertMayBeChosen(in Decision decision, BalanceQuery query, FleetStates states)
    {
        var (farm, member) = (decision.Farm!, decision.Member!);
        var (server, state) = (member.Server, member.Server.State);
        var admin = (AdminState)Math.Max((int)state.Admin.State, (int)states.OfMember(new MemberKey(farm.Name, server.Name)).State);
        Assert.NotEqual(AdminState.Off, admin);
        Assert.True(admin == AdminState.On || decision.Pinned, "drained, and not pinned");
        Assert.True(farm.IsPanicking || state is { Health: HealthState.Up, Freshness: FreshnessState.In });
        Assert.False(farm.IsOff);
        Assert.True(member.Weight > 0 || decision.Pinned, "weight 0, and not pinned");
        Assert.False(decision.Pinned && member.IsStandIn);
        Assert.True(!decision.Pinned || EntityName.Comparer.Equals(server.Name, query.PinnedServer));
        Assert.DoesNotContain(server.Name, query.Exclude ?? []);
        Assert.True(query.Labels is null || server.Definition.Labels["zone"] == query.Labels["zone"]);
        Assert.True(query.Lease is null == (decision.Lease == 0));
        Assert.True(server.Definition.MaxInFlight == 0 || server.Cells.InFlight <= server.Definition.MaxInFlight);
        Assert.True(farm.Definition.MaxInFlight == 0 || farm.Cells.InFlight <= Capacity.LimitFor(farm.Definition.MaxInFlight, query.Priority));
    }

    private static void AssertRefusedRightly(Decision decision, BalanceQuery query)
    {
        var farm = decision.Farm;
        switch (decision.Kind)
        {
            case DecisionKind.FarmNotFound:
                Assert.Equal($"f{FleetGen.Farms}", query.Farm);
                break;
            case DecisionKind.FarmOff:
                Assert.True(farm!.IsOff);
                break;
            case DecisionKind.FarmOverCapacity:
                Assert.True(farm!.Cells.InFlight >= Capacity.LimitFor(farm.Definition.MaxInFlight, query.Priority));
                break;
            case DecisionKind.NoAvailableMember:
                Assert.DoesNotContain(farm!.Members, m => m is { IsAvailable: true, Weight: > 0 } && Eligibility.Of(m, query));
                break;
            default:
                Assert.Equal(DecisionKind.ForwardedToUrl, decision.Kind);
                Assert.NotNull(decision.LastHop);
                break;
        }
    }

    private static IEnumerable<string> Names(IEnumerable<Member> members) => members.Select(m => m.Server.Name);

    private static TestFleet Make(FleetDefinition definition, FleetStates states, double[] numbers)
    {
        var fleet = TestFleet.Of(definition, states);
        foreach (var (number, i) in numbers.Select((n, i) => (n, i)).Where(n => !double.IsNaN(n.n)))
        {
            Assert.Empty(fleet.Snapshot.Servers[i].Cells.Statistics.Report([new("load", number), new("cpu", number / 2)], i));
        }
        return fleet;
    }
}
