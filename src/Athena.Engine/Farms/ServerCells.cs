using Athena.Engine.Leases;
using Athena.Engine.Policies;
using Athena.Engine.Statistics;

namespace Athena.Engine.Farms;

/// <summary>The live numbers of one server: kept from snapshot to snapshot, safe from any thread.</summary>
public sealed class ServerCells
{
    private Counters _counters;

    /// <summary>What the server reported.</summary>
    public StatisticBoard Statistics { get; }

    internal ServerCells(string server, StatisticNames names)
    {
        Server = server;
        Statistics = new StatisticBoard(names, this);
    }

    private ServerCells(ServerCells live, StatisticNames? names)
    {
        Server = live.Server;
        _counters = new Counters { Chosen = live.Chosen, InFlight = live.InFlight, Successes = live.Successes, Failures = live.Failures, FailuresInARow = live.FailuresInARow };
        Statistics = live.Statistics.CopyFor(this, names);
        Latency = live.Latency.Copy();
        Rate = live.Rate.Copy();
        foreach (var (options, cell) in live.Orca)
        {
            Orca[options] = cell.CopyFor(Statistics);
        }
    }

    /// <summary>Name of the server.</summary>
    public string Server { get; }

    /// <summary>Decisions in flight over all farms.</summary>
    public long InFlight => Volatile.Read(ref _counters.InFlight);

    /// <summary>Times chosen since the start.</summary>
    public long Chosen => Volatile.Read(ref _counters.Chosen);

    /// <summary>Outcomes reported as success.</summary>
    public long Successes => Volatile.Read(ref _counters.Successes);

    /// <summary>Outcomes reported as failure.</summary>
    public long Failures => Volatile.Read(ref _counters.Failures);

    /// <summary>Failures since the last success.</summary>
    public long FailuresInARow => Volatile.Read(ref _counters.FailuresInARow);

    internal void HandOut()
    {
        Interlocked.Increment(ref _counters.Chosen);
        Watchers.Changed();
    }

    internal long Enter() => Interlocked.Increment(ref _counters.InFlight);

    internal void Leave()
    {
        Interlocked.Decrement(ref _counters.InFlight);
        Watchers.Changed();
    }

    /// <summary>The same numbers, from now on apart: nobody else sees what becomes of them.</summary>
    /// <param name="names">Names that the copy may add to; null: those of the original.</param>
    internal ServerCells Copy(StatisticNames? names = null) => new(this, names);

    /// <summary>Told by the board after it took in a report.</summary>
    internal void Reported() => Watchers.Reported();

    /// <summary>How long its work takes, by outcomes.</summary>
    internal LatencyBoard Latency { get; } = new();

    /// <summary>How many decisions choose it in a second, while somebody wants to know.</summary>
    internal DecisionRate Rate { get; } = new();

    /// <summary>What `weighted_load` keeps about the server from snapshot to snapshot, by its options.</summary>
    internal System.Collections.Concurrent.ConcurrentDictionary<OrcaOptions, OrcaCell> Orca { get; } = new();

    /// <summary>Tables that keep scores worked out from these numbers.</summary>
    internal LoadWatchers Watchers { get; } = new();

    internal void Succeeded()
    {
        Interlocked.Increment(ref _counters.Successes);
        if (Volatile.Read(ref _counters.FailuresInARow) != 0)
        {
            Volatile.Write(ref _counters.FailuresInARow, 0);
        }
    }

    internal void Failed()
    {
        Interlocked.Increment(ref _counters.Failures);
        Interlocked.Increment(ref _counters.FailuresInARow);
    }

    /// <summary>A cache line before and after, so that neighbours' writes do not slow these.</summary>
    [System.Runtime.InteropServices.StructLayout(System.Runtime.InteropServices.LayoutKind.Explicit, Size = 160)]
    private struct Counters
    {
        [System.Runtime.InteropServices.FieldOffset(64)]
        public long Chosen;

        [System.Runtime.InteropServices.FieldOffset(72)]
        public long InFlight;

        [System.Runtime.InteropServices.FieldOffset(80)]
        public long Successes;

        [System.Runtime.InteropServices.FieldOffset(88)]
        public long Failures;

        [System.Runtime.InteropServices.FieldOffset(96)]
        public long FailuresInARow;
    }
}
