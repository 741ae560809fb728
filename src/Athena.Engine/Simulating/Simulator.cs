using System.Runtime.InteropServices;
using Athena.Engine.Farms;
using Athena.Engine.Leases;
using Athena.Engine.Policies;
using Athena.Engine.Statistics;

namespace Athena.Engine.Simulating;

/// <summary>Makes decisions on a private copy of a part of the fleet, by the same engine. Nothing that is real changes.</summary>
/// <remarks>O(members) to copy, then what the policy costs, once a decision. With a pace also O(members) for each report and each 100 ms of its time.</remarks>
public sealed class Simulator(PolicyCatalog policies, TimeProvider time)
{
    /// <summary>Decisions between two looks at the cancellation.</summary>
    private const int Stride = 64;

    private static readonly TimeSpan WholeRun = TimeSpan.FromHours(1);

    /// <summary>Runs a simulation to its end.</summary>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    /// <exception cref="StatisticRefusedException">There are more made-up statistics than a server or a service keeps.</exception>
    public SimulationOutcome Run(SimulationPlan plan, CancellationToken cancellation)
    {
        var clock = new SimulatedTime(time);
        var holder = new SnapshotHolder();
        var leases = new LeaseTable(clock);
        holder.Publish(Copy(plan, clock));
        var refresher = new PolicyRefresher(holder, clock);
        refresher.Refresh();
        var balancer = new Balancer(holder, leases);
        var pace = plan.Pace is null ? null : new PacedWorld(plan.Pace, holder.Current, leases, refresher, clock);
        var outcome = new SimulationOutcome();
        var isTurn = holder.Current.FindFarm(plan.Query.Farm)!.Policy.Seeds == SeedSource.Sequence;
        for (var i = 0; i < plan.Decisions; i++)
        {
            if (i % Stride == 0)
            {
                cancellation.ThrowIfCancellationRequested();
                Thread.Yield();
            }
            pace?.Step();
            // Turns come from the copied farm's own counter, as in reality.
            var query = plan.Query with { Seed = isTurn ? null : Draw.Bits(plan.Seed, (uint)i), Trace = null, Steering = null, Lease = LeaseOf(plan) };
            var decision = balancer.Decide(query);
            Count(decision, outcome);
            pace?.Decided(decision);
        }
        return outcome;
    }

    private static TimeSpan? LeaseOf(SimulationPlan plan) =>
        plan.Pace is { Hold: { } hold } ? hold : plan.Pace is null && plan.Query.Lease is not null ? WholeRun : null;

    /// <summary>A snapshot of the part, its cells copied from the live ones.</summary>
    private Snapshot Copy(SimulationPlan plan, SimulatedTime clock)
    {
        var names = new StatisticNames();
        var counters = new CounterBlocks();
        var servers = plan.Part.Fleet.Servers.Select(s => plan.Live.FindServer(s.Name)!.Cells.Copy(counters.Next(), names)).ToArray();
        foreach (var cells in servers)
        {
            if (plan.Statistics.TryGetValue(cells.Server, out var report) && cells.Statistics.Report(report, clock.GetTimestamp()) is [var fault, ..])
            {
                throw new StatisticRefusedException($"{cells.Server}: {fault.Name}: {fault.Message}");
            }
        }
        var compiler = new SnapshotCompiler(policies, names, clock);
        compiler.Adopt(servers, plan.Part.Fleet.Farms.Select(f => KeyValuePair.Create(f.Name, plan.Live.FindFarm(f.Name)!.Cells.Copy())));
        return compiler.Compile(plan.Live.Revision, plan.Part.Fleet, plan.Part.States, plan.Live);
    }

    private static void Count(in Decision decision, SimulationOutcome outcome)
    {
        for (var hop = decision.LastHop; hop is not null; hop = hop.Previous)
        {
            Add(outcome.Forwards, new SimulatedHop(hop.From, hop.To, hop.Reason));
        }
        switch (decision)
        {
            case { Kind: DecisionKind.Chosen, Member: { } member }:
                Add(outcome.Targets, member.Server.Name);
                ref var most = ref CollectionsMarshal.GetValueRefOrAddDefault(outcome.MostInFlight, member.Server.Name, out _);
                most = Math.Max(most, member.Server.Cells.InFlight);
                if (member.IsStandIn)
                {
                    Add(outcome.Forwards, new SimulatedHop(member.Declared.Name, member.Server.Name, null));
                }
                break;
            case { Kind: DecisionKind.ForwardedToUrl, Url: { } url }:
                Add(outcome.Targets, url);
                break;
            default:
                Add(outcome.Failures, decision.Kind);
                break;
        }
    }

    private static void Add<T>(Dictionary<T, int> counts, T key)
        where T : notnull => CollectionsMarshal.GetValueRefOrAddDefault(counts, key, out _)++;
}
