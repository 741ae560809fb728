using Athena.Engine;
using Athena.Engine.Explaining;
using Athena.Engine.Leases;
using BenchmarkDotNet.Attributes;

namespace Athena.Benchmarks;

/// <summary>The whole decision, from a farm's name to a server.</summary>
public class DecisionBenchmarks
{
    private Balancer _balancer = null!;
    private LeaseTable _leases = null!;
    private BalanceQuery _plain;
    private BalanceQuery _leased;
    private BalanceQuery _excluding;

    /// <summary>The policy.</summary>
    [Params(Fleets.RoundRobin, Fleets.RoundRobinWeighted, Fleets.Random, Fleets.RandomWeighted, Fleets.LeastLoadTwoChoices, Fleets.LeastLoadBest)]
    public string Policy { get; set; } = "";

    /// <summary>Members of the farm.</summary>
    [Params(10, 100, 1000)]
    public int Members { get; set; }

    /// <summary>Prepares the farm and the questions.</summary>
    [GlobalSetup]
    public void Prepare()
    {
        var snapshot = Fleets.Make(Policy, Members);
        _leases = new LeaseTable(TimeProvider.System);
        _balancer = new Balancer(Fleets.Hold(snapshot), _leases);
        // A name of its own, as one that was read from a request.
        _plain = new BalanceQuery(new string(Fleets.Farm.AsSpan()));
        _leased = _plain with { Lease = TimeSpan.FromSeconds(60) };
        _excluding = _plain with { Exclude = [snapshot.Servers[Members / 2].Name] };
    }

    /// <summary>A plain question.</summary>
    [Benchmark(Baseline = true)]
    public Decision Decide() => _balancer.Decide(_plain);

    /// <summary>With a lease, which is closed at once.</summary>
    [Benchmark]
    public OutcomeResult DecideAndClose() => _leases.Close(_balancer.Decide(_leased).Lease, OutcomeKind.Success, out _);

    /// <summary>With one server excluded.</summary>
    [Benchmark]
    public Decision DecideExcluding() => _balancer.Decide(_excluding);

    /// <summary>With an explanation.</summary>
    [Benchmark]
    public Decision DecideAndExplain()
    {
        var query = _plain with { Trace = new DecisionTrace(TimeProvider.System) };
        var decision = _balancer.Decide(query);
        query.Trace.Complete(decision, query);
        return decision;
    }
}
