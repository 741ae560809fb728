using Athena.Engine.Farms;
using Athena.Engine.Leases;
using Athena.Engine.Policies;
using Athena.Engine.Statistics;

namespace Athena.Engine.Tests;

/// <summary>A farm far beyond what anybody runs still gives defined answers.</summary>
public class LargeFarmTests
{
    [Fact]
    public void A_farm_with_fifty_thousand_members_decides() => Decides(50_000);

    /// <summary>Seconds and gigabytes: run it by its name with -explicit on.</summary>
    [Fact(Explicit = true)]
    public void A_farm_with_a_million_members_decides() => Decides(1_000_000);

    private static void Decides(int count)
    {
        var servers = Enumerable.Range(0, count).Select(i => new ServerDefinition(Name(i), "http://10.0.0.1")).ToArray();
        var members = servers.Select((s, i) => new MemberDefinition(s.Name) { Weight = i == 7 ? uint.MaxValue : 1 }).ToArray();
        FarmDefinition Farm(string policy, string? pick = null) => new(policy)
        {
            Policy = pick is null ? new PolicyDefinition(policy) : new PolicyDefinition(policy) { Parameters = new PolicyDefinition(policy).Parameters.Add("Pick", pick) },
            Members = [.. members],
        };
        var fleet = new FleetDefinition([.. servers], [Farm("round_robin"), Farm("least_load", "best"), Farm("least_time")]);
        var snapshot = new SnapshotCompiler(new PolicyCatalog(PolicyCatalog.BuiltIn), new StatisticNames()).Compile(1, fleet, FleetStates.Normal);
        snapshot.FindServer(Name(0))!.Cells.Observe(5, failed: false, inFlight: 1, now: 0);
        var holder = new SnapshotHolder();
        holder.Publish(snapshot);
        snapshot.FindServer(Name(count - 1))!.Cells.Statistics.Report([new("load", 0)], timestamp: 1);
        var balancer = new Balancer(holder, new LeaseTable(TimeProvider.System));

        foreach (var farm in snapshot.Farms)
        {
            Assert.Equal(count, farm.AvailableCount);
            for (var i = 0; i < 20; i++)
            {
                var decision = balancer.Decide(new BalanceQuery(farm.Name) { Lease = i % 2 == 0 ? TimeSpan.FromSeconds(1) : null });
                Assert.Equal(DecisionKind.Chosen, decision.Kind);
            }
            Assert.Equal(Name(3), balancer.Decide(new BalanceQuery(farm.Name) { PinnedServer = Name(3) }).Member!.Server.Name);
            Assert.NotEqual(Name(7), balancer.Decide(new BalanceQuery(farm.Name) { Exclude = [Name(7)] }).Member!.Server.Name);
        }
    }

    private static string Name(int i) => $"s{i}";
}
