using Athena.Engine.Farms;
using Athena.Engine.Leases;
using CsCheck;

namespace Athena.Engine.Tests;

public class BalancerLeaseTests
{
    private static readonly BalanceQuery WithLease = new("web") { Lease = TimeSpan.FromMinutes(1) };

    [Fact]
    public void A_lease_counts_in_flight_until_its_outcome()
    {
        var fleet = TestFleet.Of("a");
        var decision = fleet.Decide(WithLease);
        Assert.NotEqual(0UL, decision.Lease);
        Assert.Equal((1L, 1L), (fleet.Web.Cells.InFlight, fleet.Member("a").Server.Cells.InFlight));
        fleet.Leases.Close(decision.Lease, OutcomeKind.Success, out _);
        AssertIdle(fleet);
    }

    [Fact]
    public void A_decision_that_finds_nobody_opens_nothing()
    {
        var fleet = TestFleet.Of(TestFleet.FarmOf("a") with { MaxInFlight = 5 }, TestStates.ServerDown("a"));
        Assert.Equal(DecisionKind.NoAvailableMember, fleet.Decide(WithLease).Kind);
        AssertIdle(fleet);
    }

    [Fact]
    public void A_server_at_its_limit_is_passed_over_until_a_lease_ends()
    {
        var fleet = Limited("a b c", ("a", 1), ("b", 2));
        var decisions = Enumerable.Range(0, 6).Select(_ => fleet.Decide(WithLease)).ToArray();
        Assert.Equal("a b c b c c", string.Join(' ', decisions.Select(d => d.Member!.Server.Name)));
        Assert.Equal([CauseKind.Full], fleet.Member("a").Causes().Select(c => c.Kind));
        fleet.Leases.Close(decisions[0].Lease, OutcomeKind.Success, out _);
        Assert.Contains("a", fleet.Picks(3, WithLease), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("round_robin")]
    [InlineData("random")]
    [InlineData("least_load")]
    public void When_all_servers_are_at_their_limit_there_is_nobody(string policy)
    {
        var fleet = Limited("a b", policy, ("a", 2), ("b", 3));
        var counts = fleet.Count(10, WithLease);
        Assert.Equal((2, 3, 5), (counts["a"], counts["b"], counts["-"]));
        Assert.Equal("-", fleet.Picks(1));
        Assert.Equal(5, fleet.Web.Cells.InFlight);
    }

    [Fact]
    public void A_full_server_is_full_for_its_pinned_sessions_too()
    {
        var fleet = Limited("a b", ("a", 1));
        var query = WithLease with { PinnedServer = "a" };
        Assert.Equal("a b b", fleet.Picks(3, query));
    }

    [Fact]
    public void A_servers_limit_holds_over_all_its_farms()
    {
        var other = TestFleet.FarmOf("a b") with { Name = "other" };
        var definition = TestFleet.Fleet(TestFleet.FarmOf("a"), other);
        var fleet = TestFleet.Of(definition with { Servers = definition.Servers.SetItem(0, TestFleet.Server("a") with { MaxInFlight = 2 }) });
        Assert.Equal("a a -", fleet.Picks(3, WithLease));
        Assert.Equal("b b", fleet.Picks(2, WithLease with { Farm = "other" }));
    }

    [Fact]
    public void A_limit_given_to_a_farm_at_work_counts_what_is_in_flight_already()
    {
        var farm = TestFleet.FarmOf("a b");
        var fleet = TestFleet.Of(farm);
        var high = WithLease with { Priority = PriorityClass.High };
        var early = Enumerable.Range(0, 3).Select(_ => fleet.Decide(high).Lease).ToArray();
        fleet.Become(TestFleet.Fleet(farm with { MaxInFlight = 4 }));
        var late = fleet.Decide(high).Lease;
        Assert.Equal((4L, DecisionKind.FarmOverCapacity), (fleet.Web.Cells.InFlight, fleet.Decide(high).Kind));
        // Wherever they end, a place is free for each.
        using var another = new Worker();
        another.Do(() => fleet.Leases.Close(early[0], OutcomeKind.Success, out _));
        Assert.Equal((DecisionKind.Chosen, DecisionKind.FarmOverCapacity), (fleet.Decide(high).Kind, fleet.Decide(high).Kind));
        // Without a limit again, those that one counted end as well.
        fleet.Become(TestFleet.Fleet(farm));
        foreach (var lease in (ulong[])[early[1], early[2], late])
        {
            Assert.Equal(OutcomeResult.Recorded, fleet.Leases.Close(lease, OutcomeKind.Success, out _));
        }
        Assert.Equal(1, fleet.Web.Cells.InFlight);
    }

    [Theory]
    [InlineData(PriorityClass.Low, 80)]
    [InlineData(PriorityClass.Normal, 95)]
    [InlineData(PriorityClass.High, 100)]
    public void A_class_fills_its_part_of_the_farm(PriorityClass priority, int expected)
    {
        var fleet = TestFleet.Of(TestFleet.FarmOf("a b") with { MaxInFlight = 100 });
        var kinds = Enumerable.Range(0, 110).Select(_ => fleet.Decide(WithLease with { Priority = priority }).Kind).CountBy(k => k).ToDictionary();
        Assert.Equal((expected, 110 - expected), (kinds[DecisionKind.Chosen], kinds[DecisionKind.FarmOverCapacity]));
        Assert.Equal(expected, fleet.Web.Cells.InFlight);
        // A question without lease is gated too, by what is in flight.
        Assert.Equal(DecisionKind.FarmOverCapacity, fleet.Decide(new BalanceQuery("web") { Priority = priority }).Kind);
    }

    [Fact]
    public void Higher_classes_may_still_come_when_lower_ones_may_not()
    {
        var fleet = TestFleet.Of(TestFleet.FarmOf("a") with { MaxInFlight = 10 });
        fleet.Count(8, WithLease with { Priority = PriorityClass.Low });
        Assert.Null(fleet.Pick(WithLease with { Priority = PriorityClass.Low }));
        Assert.Equal("a -", fleet.Picks(2, WithLease)); // 9.5 of 10, rounded down.
        Assert.Equal("a -", fleet.Picks(2, WithLease with { Priority = PriorityClass.High }));
    }

    [Fact]
    public void Parts_of_a_capacity_are_rounded_down_but_never_to_nothing() =>
        Gen.Int[1, int.MaxValue].Sample(capacity =>
        {
            Assert.Equal(Math.Max(1, capacity * 95L / 100), Capacity.LimitFor(capacity, PriorityClass.Normal));
            Assert.Equal(Math.Max(1, capacity * 80L / 100), Capacity.LimitFor(capacity, PriorityClass.Low));
            Assert.Equal(capacity, Capacity.LimitFor(capacity, PriorityClass.High));
            Assert.Equal(0, Capacity.LimitFor(0, PriorityClass.Normal));
        });

    [Fact]
    public void Round_capacities_are_cut_exactly() => // 95 % and 80 % have no exact binary form.
        Assert.All(Enumerable.Range(1, 100_000), k =>
            Assert.Equal((19 * k, 16 * k), (Capacity.LimitFor(20 * k, PriorityClass.Normal), Capacity.LimitFor(20 * k, PriorityClass.Low))));

    [Fact]
    public void When_the_table_of_leases_is_full_there_is_none_and_nothing_stays_in_flight()
    {
        var fleet = TestFleet.Of("a");
        var (server, farm) = (TestFleet.Of("x").Member("x").Server.Cells, new FarmCells());
        while (fleet.Leases.OpenFor(server, farm, isLimited: false, TimeSpan.FromHours(1)) != 0)
        {
        }
        Assert.Equal(DecisionKind.TooManyLeases, fleet.Decide(WithLease).Kind);
        Assert.Equal((0L, 0L), (fleet.Web.Cells.InFlight, fleet.Member("a").Server.Cells.InFlight));
        Assert.Equal("a", fleet.Pick());
    }

    [Fact]
    public void Leases_outlive_a_change_of_states()
    {
        var fleet = Limited("a b", ("a", 1));
        var lease = fleet.Decide(WithLease).Lease;
        fleet.Set(TestStates.ServerDown("b"));
        Assert.Equal("-", fleet.Picks(1, WithLease));
        fleet.Leases.Close(lease, OutcomeKind.Success, out _);
        Assert.Equal("a", fleet.Picks(1, WithLease));
    }

    [Theory]
    [InlineData("round_robin")]
    [InlineData("random")]
    [InlineData("least_load")]
    public async Task Threads_at_once_never_exceed_a_limit(string policy)
    {
        const int Workers = 6;
        var servers = new[] { TestFleet.Server("a") with { MaxInFlight = 2 }, TestFleet.Server("b") with { MaxInFlight = 1 } };
        var fleet = TestFleet.Of(new FleetDefinition([.. servers], [TestFleet.FarmOf("a:3 b:1", policy) with { MaxInFlight = 3 }]));
        var (held, most) = (new int[2], new int[2]);
        await Task.WhenAll(Enumerable.Range(0, Workers).Select(_ => Task.Run(() =>
        {
            for (var i = 0; i < 5000; i++)
            {
                if (fleet.Decide(WithLease with { Priority = PriorityClass.High }) is { Kind: DecisionKind.Chosen, Member.Index: var k, Lease: var lease })
                {
                    var now = Interlocked.Increment(ref held[k]);
                    for (var seen = Volatile.Read(ref most[k]); now > seen; seen = Volatile.Read(ref most[k]))
                    {
                        Interlocked.CompareExchange(ref most[k], now, seen);
                    }
                    Interlocked.Decrement(ref held[k]);
                    fleet.Leases.Close(lease, OutcomeKind.Success, out var _);
                }
            }
        }, TestContext.Current.CancellationToken)));
        Assert.InRange(most[0], 1, 2);
        Assert.InRange(most[1], 1, 1);
        AssertIdle(fleet);
    }

    private static void AssertIdle(TestFleet fleet)
    {
        Assert.Equal((0L, 0L), (fleet.Leases.Open, fleet.Web.Cells.InFlight));
        Assert.All(fleet.Snapshot.Servers, s => Assert.Equal(0, s.Cells.InFlight));
    }

    private static TestFleet Limited(string members, params (string Server, int Limit)[] limits) => Limited(members, "round_robin", limits);

    private static TestFleet Limited(string members, string policy, params (string Server, int Limit)[] limits)
    {
        var definition = TestFleet.Fleet(TestFleet.FarmOf(members, policy));
        var byName = limits.ToDictionary(l => l.Server, l => l.Limit);
        return TestFleet.Of(definition with { Servers = [.. definition.Servers.Select(s => s with { MaxInFlight = byName.GetValueOrDefault(s.Name) })] });
    }
}
