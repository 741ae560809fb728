using System.Runtime.InteropServices;

namespace Athena.Engine.Farms;

/// <summary>The live numbers of one farm: kept from snapshot to snapshot, safe from any thread.</summary>
public sealed class FarmCells
{
    private Counters _counters = new() { Sequence = -1 };
    private long _invalidScores;

    /// <summary>Decisions in flight.</summary>
    public long InFlight => Volatile.Read(ref _counters.InFlight);

    /// <summary>The same numbers, from now on apart.</summary>
    internal FarmCells Copy() => new() { _counters = new() { Sequence = Volatile.Read(ref _counters.Sequence), InFlight = InFlight } };

    /// <summary>Times an expression gave no finite number for a member.</summary>
    public long InvalidScores => Volatile.Read(ref _invalidScores);

    internal void ScoreWasInvalid() => Interlocked.Increment(ref _invalidScores);

    internal ulong NextSequence() => (ulong)Interlocked.Increment(ref _counters.Sequence);

    internal long Enter() => Interlocked.Increment(ref _counters.InFlight);

    internal void Leave() => Interlocked.Decrement(ref _counters.InFlight);

    /// <summary>The sequence and the in-flight count a cache line apart from each other and from neighbours.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 256)]
    private struct Counters
    {
        [FieldOffset(64)]
        public long Sequence;

        [FieldOffset(128)]
        public long InFlight;
    }
}
