using Athena.Engine;
using Athena.Engine.Farms;
using Athena.Engine.Leases;
using BenchmarkDotNet.Attributes;

namespace Athena.Benchmarks;

/// <summary>Two threads deciding in one farm against one thread: the ratio is what each of them loses.</summary>
/// <remarks>Two threads in farms of their own share nothing: their ratio is the machine's part (shared cores, caches, other programs).</remarks>
public class ContentionBenchmarks : IDisposable
{
    private const int Decisions = 200_000;

    private Balancer _first = null!;
    private Balancer _second = null!;
    private readonly SemaphoreSlim _begin = new(0);
    private readonly SemaphoreSlim _end = new(0);
    private Balancer? _work;
    private Thread _helper = null!;

    /// <summary>The policy.</summary>
    [Params(Fleets.RoundRobin, Fleets.Random, Fleets.LeastLoadTwoChoices)]
    public string Policy { get; set; } = "";

    /// <summary>Members of the farm.</summary>
    [Params(10, 1000)]
    public int Members { get; set; }

    /// <summary>Prepares the farms.</summary>
    [GlobalSetup]
    public void Prepare()
    {
        _first = new Balancer(Fleets.Hold(Fleets.Make(Policy, Members)), new LeaseTable(TimeProvider.System));
        _second = new Balancer(Fleets.Hold(Fleets.Make(Policy, Members)), new LeaseTable(TimeProvider.System));
        _helper = new Thread(Help) { IsBackground = true };
        _helper.Start();
    }

    /// <summary>Ends the helper.</summary>
    [GlobalCleanup]
    public void Dispose()
    {
        _work = null;
        _begin.Release();
        _helper.Join();
        _begin.Dispose();
        _end.Dispose();
        GC.SuppressFinalize(this);
    }

    /// <summary>One thread.</summary>
    [Benchmark(Baseline = true, OperationsPerInvoke = Decisions)]
    public int OneThread() => DecideMany(_first);

    /// <summary>Two threads, one farm.</summary>
    [Benchmark(OperationsPerInvoke = Decisions)]
    public int TwoThreads() => Both(_first, _first);

    /// <summary>Two threads, a farm each.</summary>
    [Benchmark(OperationsPerInvoke = Decisions)]
    public int TwoThreadsApart() => Both(_first, _second);

    private int Both(Balancer mine, Balancer helpers)
    {
        _work = helpers;
        _begin.Release();
        var found = DecideMany(mine);
        _end.Wait();
        return found;
    }

    /// <summary>One thread for all runs, as a service's threads live long: what belongs to a thread is given out once.</summary>
    private void Help()
    {
        while (true)
        {
            _begin.Wait();
            if (_work is not { } balancer)
            {
                return;
            }
            DecideMany(balancer);
            _end.Release();
        }
    }

    private static int DecideMany(Balancer balancer)
    {
        var query = new BalanceQuery(Fleets.Farm);
        var found = 0;
        for (var i = 0; i < Decisions; i++)
        {
            found += balancer.Decide(query).Kind == DecisionKind.Chosen ? 1 : 0;
        }
        return found;
    }
}
