using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using Athena.Engine.Leases;

namespace Athena.Engine.Farms;

/// <summary>The live numbers of one farm: kept from snapshot to snapshot, safe from any thread.</summary>
public sealed class FarmCells
{
    private readonly TurnCounter _turns;
    private Count _inFlight;
    private long _invalidScores;

    /// <summary>Made when asked for: few farms eject.</summary>
    private ConcurrentDictionary<string, OutcomeCell>? _outcomes;

    internal FarmCells()
        : this(new TurnCounter())
    {
    }

    private FarmCells(TurnCounter turns) => _turns = turns;

    /// <summary>Decisions in flight.</summary>
    public long InFlight => Volatile.Read(ref _inFlight.Value);

    /// <summary>The same numbers, from now on apart.</summary>
    internal FarmCells Copy() => new(_turns.Copy()) { _inFlight = new() { Value = InFlight } };

    /// <summary>Times an expression gave no finite number for a member.</summary>
    public long InvalidScores => Volatile.Read(ref _invalidScores);

    /// <summary>What became of this farm's leases on a server.</summary>
    public OutcomeCell OutcomesOf(string server) =>
        LazyInitializer.EnsureInitialized(ref _outcomes, () => new(EntityName.Comparer)).GetOrAdd(server, _ => new OutcomeCell());

    internal void ScoreWasInvalid() => Interlocked.Increment(ref _invalidScores);

    internal ulong NextSequence() => _turns.Next();

    internal long Enter() => Interlocked.Increment(ref _inFlight.Value);

    internal void Leave() => Interlocked.Decrement(ref _inFlight.Value);

    /// <summary>Two cache lines from neighbours: processors fetch lines in pairs.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 256)]
    private struct Count
    {
        [FieldOffset(128)]
        public long Value;
    }
}
