using Athena.Engine;
using Athena.Engine.Farms;
using Athena.Engine.Leases;
using BenchmarkDotNet.Attributes;

namespace Athena.Benchmarks;

/// <summary>Taking reports of three numbers, alone and while another thread decides by them.</summary>
public class StatisticsBenchmarks : IDisposable
{
    private const int Reports = 100_000;
    private const int Members = 10_000;

    private static readonly KeyValuePair<string, double>[] Report = [new("cpu", 40), new("mem", 50), new("load", 3)];

    private readonly CancellationTokenSource _stop = new();
    private Snapshot _snapshot = null!;
    private Thread? _decider;

    /// <summary>Whether another thread decides meanwhile.</summary>
    [Params(false, true)]
    public bool Decisions { get; set; }

    /// <summary>Prepares the farm.</summary>
    [GlobalSetup]
    public void Prepare()
    {
        var holder = Fleets.Hold(Fleets.Make(Fleets.LeastLoadTwoChoices, Members));
        _snapshot = holder.Current;
        if (Decisions)
        {
            var balancer = new Balancer(holder, new LeaseTable(TimeProvider.System));
            _decider = new Thread(() =>
            {
                while (!_stop.IsCancellationRequested)
                {
                    balancer.Decide(new BalanceQuery(Fleets.Farm));
                }
            })
            { IsBackground = true };
            _decider.Start();
        }
    }

    /// <summary>Takes reports, one server after another.</summary>
    [Benchmark(OperationsPerInvoke = Reports)]
    public int Take()
    {
        var taken = 0;
        for (var i = 0; i < Reports; i++)
        {
            taken += _snapshot.Servers[i % Members].Cells.Statistics.Report(Report, i).Count == 0 ? 1 : 0;
        }
        return taken;
    }

    /// <summary>Ends the deciding thread.</summary>
    [GlobalCleanup]
    public void Dispose()
    {
        _stop.Cancel();
        _decider?.Join();
        _stop.Dispose();
        GC.SuppressFinalize(this);
    }
}
