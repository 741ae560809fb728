using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using Athena.Engine.Leases;

namespace Athena.Engine.Farms;

/// <summary>The live numbers of one farm: kept from snapshot to snapshot, safe from any thread.</summary>
public sealed class FarmCells
{
    private readonly TurnCounter _turns;
    private readonly StripedCount _unlimited = new();
    private Count _limited;
    private long _invalidScores;

    /// <summary>Made when asked for: few farms eject.</summary>
    private ConcurrentDictionary<string, OutcomeCell>? _outcomes;

    internal FarmCells()
        : this(new TurnCounter())
    {
    }

    private FarmCells(TurnCounter turns) => _turns = turns;

    /// <summary>Decisions in flight.</summary>
    public long InFlight => Volatile.Read(ref _limited.Value) + _unlimited.Value;

    /// <summary>The same numbers, from now on apart.</summary>
    internal FarmCells Copy() => new(_turns.Copy()) { _limited = new() { Value = InFlight } };

    /// <summary>Times an expression gave no finite number for a member.</summary>
    public long InvalidScores => Volatile.Read(ref _invalidScores);

    /// <summary>What became of this farm's leases on a server.</summary>
    public OutcomeCell OutcomesOf(string server) =>
        LazyInitializer.EnsureInitialized(ref _outcomes, () => new(EntityName.Comparer)).GetOrAdd(server, _ => new OutcomeCell());

    internal void ScoreWasInvalid() => Interlocked.Increment(ref _invalidScores);

    internal ulong NextSequence() => _turns.Next();

    /// <summary>One more in flight.</summary>
    /// <param name="isLimited">Whether the farm has a limit: then of threads that enter at once each is told another number. Otherwise they need not wait for one another.</param>
    /// <returns>How many are in flight with it; 0 without a limit.</returns>
    internal long Enter(bool isLimited)
    {
        if (isLimited)
        {
            // The others are from before the farm had its limit.
            return Interlocked.Increment(ref _limited.Value) + _unlimited.Value;
        }
        _unlimited.Increment();
        return 0;
    }

    /// <summary>One less.</summary>
    /// <param name="isLimited">As it was when it entered.</param>
    internal void Leave(bool isLimited)
    {
        if (isLimited)
        {
            Interlocked.Decrement(ref _limited.Value);
        }
        else
        {
            _unlimited.Decrement();
        }
    }

    /// <summary>Two cache lines from neighbours: processors fetch lines in pairs.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 256)]
    private struct Count
    {
        [FieldOffset(128)]
        public long Value;
    }
}
