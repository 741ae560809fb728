using System.Collections.Concurrent;
using Athena.Engine.Leases;
using Athena.Engine.Policies;
using Athena.Engine.Statistics;

namespace Athena.Engine.Farms;

/// <summary>The live numbers of one server: kept from snapshot to snapshot, safe from any thread.</summary>
public sealed class ServerCells
{
    // Made when a policy asks for them: of most servers none does, and they are larger than all else here.
    private ConcurrentDictionary<OrcaOptions, OrcaCell>? _orca;
    private LatencyBoard? _latency;
    private DecisionRate? _rate;

    /// <summary>What the server reported.</summary>
    public StatisticBoard Statistics { get; }

    internal ServerCells(string server, StatisticNames names, ServerCounters? counters = null)
    {
        Server = server;
        Counters = counters ?? new ServerCounters(new CounterBlock(size: 1), 0);
        Statistics = new StatisticBoard(names, this);
    }

    private ServerCells(ServerCells live, ServerCounters place, StatisticNames? names)
    {
        Server = live.Server;
        Counters = live.Counters.CopyTo(place);
        Statistics = live.Statistics.CopyFor(this, names);
        (_latency, _rate) = (live._latency?.Copy(), live._rate?.Copy());
        foreach (var (options, cell) in live._orca ?? [])
        {
            Orca[options] = cell.CopyFor(Statistics);
        }
    }

    /// <summary>Name of the server.</summary>
    public string Server { get; }

    /// <summary>Decisions in flight over all farms.</summary>
    public long InFlight => Counters.InFlight;

    /// <summary>Times chosen since the start.</summary>
    public long Chosen => Counters.Chosen;

    /// <summary>Outcomes reported as success.</summary>
    public long Successes => Counters.Successes;

    /// <summary>Outcomes reported as failure.</summary>
    public long Failures => Volatile.Read(ref Counters[SharedCounter.Failures]);

    /// <summary>Takes a place in flight.</summary>
    /// <returns>How many are in flight with it. Of many threads at once not more are told a number up to a limit than the limit.</returns>
    internal long Enter() => Counters.Enter();

    /// <summary>Gives back a place that no decision came to use.</summary>
    internal void Leave() => Interlocked.Decrement(ref Counters[SharedCounter.Opened]);

    /// <summary>The lease of a decision has ended.</summary>
    internal void EndLease()
    {
        Interlocked.Increment(ref Counters[SharedCounter.Ended]);
        Watchers.Ended();
    }

    /// <summary>The same numbers, from now on apart: nobody else sees what becomes of them.</summary>
    /// <param name="place">Where the copy counts.</param>
    /// <param name="names">Names that the copy may add to; null: those of the original.</param>
    internal ServerCells Copy(ServerCounters place, StatisticNames? names = null) => new(this, place, names);

    /// <summary>Told by the board after it took in a report.</summary>
    internal void Reported() => Watchers.Reported();

    /// <summary>How long its work takes, by outcomes.</summary>
    internal LatencyBoard Latency => LazyInitializer.EnsureInitialized(ref _latency);

    /// <summary>Takes in the outcome of one lease: <see cref="LatencyBoard.Observe"/>.</summary>
    internal void Observe(double milliseconds, bool failed, int inFlight, double now) => Volatile.Read(ref _latency)?.Observe(milliseconds, failed, inFlight, now);

    /// <summary>How many decisions choose it in a second, while somebody wants to know.</summary>
    internal DecisionRate Rate => LazyInitializer.EnsureInitialized(ref _rate);

    /// <summary>What `weighted_load` keeps about the server from snapshot to snapshot, by its options.</summary>
    internal ConcurrentDictionary<OrcaOptions, OrcaCell> Orca => LazyInitializer.EnsureInitialized(ref _orca);

    /// <summary>Tables that keep something worked out from these numbers.</summary>
    internal LoadWatchers Watchers { get; } = new();

    /// <summary>Called by the writer alone.</summary>
    internal void Watch(IWatchesLoad table, int place)
    {
        Watchers.Add(table, place);
        Counters.SetWatched(Watchers.OfChanges);
    }

    /// <summary>Called by the writer alone.</summary>
    internal void Unwatch(IWatchesLoad table)
    {
        Watchers.Remove(table);
        Counters.SetWatched(Watchers.OfChanges);
    }

    internal void Succeeded() => Counters.Succeed();

    internal void Failed() => Interlocked.Increment(ref Counters[SharedCounter.Failures]);

    /// <summary>Where its numbers are counted.</summary>
    internal ServerCounters Counters { get; }
}
