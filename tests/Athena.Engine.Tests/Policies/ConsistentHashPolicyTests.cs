using Athena.Engine.Policies;

namespace Athena.Engine.Tests.Policies;

public class ConsistentHashPolicyTests
{
    [Theory] // reference/algorithms.md, section 9
    [InlineData(9, 150, 0.25, 4)]
    [InlineData(99, 125, 0.1, 13)]
    [InlineData(9, 150, 1, 15)]
    [InlineData(99, 125, 1, 125)]
    [InlineData(0, 100, 0.01, 1)]
    public void Slots_follow_Envoys_formula(long inFlight, double percent, double share, long expected) =>
        Assert.Equal(expected, ConsistentHashPolicy.Slots(inFlight, percent, share));

    [Fact] // reference/algorithms.md, section 9: weights 1:2.
    public void Maglev_shares_its_table_by_weight()
    {
        var table = new MaglevTable(["a", "b"], [1, 2]);
        Assert.Equal((65537, 21846, 43691), (table.Size, table.CountOf(0), table.CountOf(1)));
    }

    [Fact] // XXH64 of the specification: "" and "a".
    public void Keys_are_hashed_by_xxHash64() => Assert.Equal((0xEF46DB3751D8E999, 0xD24EC4F1A98C6E5B), (HashKey.Of(""), HashKey.Of("a")));

    [Theory]
    [InlineData(4)]
    [InlineData(40)]
    public void A_key_stays_with_its_member_and_few_move_when_one_goes(int count)
    {
        var fleet = TestFleet.Of(Members(count), "consistent_hash");
        var before = Enumerable.Range(0, 5000).Select(i => fleet.Pick(Query(i))).ToArray();
        Assert.Equal(before, Enumerable.Range(0, 5000).Select(i => fleet.Pick(Query(i))));
        fleet.Set(TestStates.ServerDown("s1"));
        var moved = Enumerable.Range(0, 5000).Count(i => before[i] != "s1" && fleet.Pick(Query(i)) != before[i]);
        // Rendezvous moves nothing else; Maglev a few in a hundred, for its table is shared out anew.
        Assert.InRange(moved, 0, count <= 16 ? 0 : 5000 * 6 / 100);
        fleet.Set(Athena.Engine.Farms.FleetStates.Normal);
        Assert.Equal(before, Enumerable.Range(0, 5000).Select(i => fleet.Pick(Query(i))));
    }

    [Theory]
    [InlineData(4)]
    [InlineData(40)]
    public void Keys_are_shared_by_weight_with_and_without_a_key(int count)
    {
        var fleet = TestFleet.Of(Members(count).Replace("s0", "s0:3", StringComparison.Ordinal), "consistent_hash");
        var share = 3.0 / (count + 2);
        var tolerance = (4.5 * Math.Sqrt(9000 * share * (1 - share))) + 9; // And a thousandth for the table.
        Assert.Equal(9000 * share, Enumerable.Range(0, 9000).Count(i => fleet.Pick(Query(i)) == "s0"), tolerance);
        Assert.Equal(9000 * share, fleet.Count(9000)["s0"], tolerance);
    }

    [Theory]
    [InlineData(4)]
    [InlineData(40)]
    public void One_key_for_all_is_bounded(int count)
    {
        var fleet = TestFleet.Of(Members(count), "consistent_hash LoadFactor=125");
        for (var i = 0; i < 1000; i++)
        {
            fleet.Decide(Query(7) with { Lease = TimeSpan.FromMinutes(1) });
        }
        Assert.All(fleet.Snapshot.Servers, s => Assert.InRange(s.Cells.InFlight, 0, (long)Math.Ceiling(1251.0 / count) + 1));
    }

    [Fact]
    public void Without_a_bound_one_key_has_one_member()
    {
        var fleet = TestFleet.Of(Members(4), "consistent_hash LoadFactor=0");
        Assert.Single(fleet.Count(1000, Query(7) with { Lease = TimeSpan.FromMinutes(1) }));
    }

    [Fact]
    public void What_other_farms_have_in_flight_does_not_move_keys()
    {
        var other = TestFleet.FarmOf(Members(4)) with { Name = "other" };
        var fleet = TestFleet.Of(TestFleet.Fleet(TestFleet.FarmOf(Members(4), "consistent_hash"), other));
        var before = Enumerable.Range(0, 100).Select(i => fleet.Pick(Query(i))).ToArray();
        fleet.Count(400, new BalanceQuery("other") { Lease = TimeSpan.FromMinutes(1) });
        Assert.Equal(before, Enumerable.Range(0, 100).Select(i => fleet.Pick(Query(i))));
    }

    [Theory]
    [InlineData(4)]
    [InlineData(40)]
    public void A_retry_goes_to_the_same_other_member(int count)
    {
        var fleet = TestFleet.Of(Members(count), "consistent_hash");
        for (var i = 0; i < 200; i++)
        {
            var first = fleet.Pick(Query(i))!;
            var second = fleet.Pick(Query(i) with { Exclude = [first] });
            Assert.NotEqual(first, second);
            Assert.Equal(second, fleet.Pick(Query(i) with { Exclude = [first] }));
        }
    }

    [Fact]
    public void Uneven_weights_of_a_large_farm_do_not_stop_the_writer()
    {
        var table = new MaglevTable([.. Enumerable.Range(0, 5000).Select(i => $"s{i}")], [.. Enumerable.Range(0, 5000).Select(i => i == 0 ? (double)uint.MaxValue : 1)]);
        Assert.True(table.CountOf(0) > table.Size - 5000);
    }

    private static BalanceQuery Query(int key) => new("web") { HashKey = HashKey.Of($"session-{key}") };

    private static string Members(int count) => string.Join(' ', Enumerable.Range(0, count).Select(i => $"s{i}"));
}
