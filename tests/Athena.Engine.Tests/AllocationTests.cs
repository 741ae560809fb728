using Athena.Engine.Leases;

namespace Athena.Engine.Tests;

/// <summary>The hot path leaves nothing for the collector.</summary>
public class AllocationTests
{
    private const int Decisions = 1000;
    private const int WarmUp = 10_000;

    public static TheoryData<string, string> Farms
    {
        get
        {
            var farms = new TheoryData<string, string>();
            foreach (var policy in EveryPolicy.Forms)
            {
                farms.Add(policy, "a b c d");
                farms.Add(policy, "a:5 b:1 c:1 d:3/1");
                farms.Add(policy, "a:5000 b:7001");
                farms.Add(policy, "a b:2 c d e f g h i j k l m n o p q r s t");
            }
            return farms;
        }
    }

    [Theory]
    [MemberData(nameof(Farms))]
    public void A_decision_allocates_nothing(string policy, string members)
    {
        var fleet = TestFleet.Of(members, policy);
        Assert.Equal(0, Allocated(fleet, new BalanceQuery("web")));
        fleet.Report("a=3"); // The others count as the median.
        Assert.Equal(0, Allocated(fleet, new BalanceQuery("web") { Seed = 5 }));
    }

    [Theory]
    [MemberData(nameof(Farms))]
    public void A_filtered_or_pinned_decision_allocates_nothing(string policy, string members)
    {
        var fleet = TestFleet.Of(members, policy);
        Assert.Equal(0, Allocated(fleet, new BalanceQuery("web") { Exclude = ["a", "x"] }));
        Assert.Equal(0, Allocated(fleet, new BalanceQuery("web") { PinnedServer = "b" }));
        Assert.Equal(0, Allocated(fleet, new BalanceQuery("web") { Labels = new Dictionary<string, string> { ["zone"] = "1" } }));
    }

    [Theory]
    [MemberData(nameof(Farms))]
    public void A_lease_allocates_nothing_once_the_table_has_grown(string policy, string members)
    {
        var fleet = TestFleet.Of(members, policy);
        Assert.Equal(0, Allocated(fleet, new BalanceQuery("web") { Lease = TimeSpan.FromMinutes(1) }));
    }

    private static long Allocated(TestFleet fleet, BalanceQuery query)
    {
        Run(fleet, query, WarmUp);
        return Allocations.Of(() => Run(fleet, query, Decisions));
    }

    private static void Run(TestFleet fleet, in BalanceQuery query, int decisions)
    {
        var balancer = fleet.Balancer;
        for (var i = 0; i < decisions; i++)
        {
            var decision = balancer.Decide(query);
            if (decision.Lease != 0)
            {
                fleet.Leases.Close(decision.Lease, OutcomeKind.Success, out _);
            }
        }
    }
}
