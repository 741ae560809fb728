using Athena.Engine.Farms;

namespace Athena.Engine.Policies;

/// <summary>Maglev's lookup table: each member's slots in proportion to its weight, few of which move when members come and go.</summary>
/// <remarks>
/// Member j of the sorted ones has the permutation (offset + k·skip) mod M, offset = xxh64(name) mod M, skip = xxh64(name, seed 1) mod (M − 1) + 1.
/// In rounds r = 1, 2, ... it takes its next free slot unless r·w is below its target, which grows by the largest weight with each slot taken.
/// Source: Eisenbud et al., NSDI 2016; weights: Envoy, maglev_lb.cc. O(1) to look up.
/// </remarks>
internal sealed class MaglevTable
{
    /// <summary>Slots for one member at least: more make shares more even.</summary>
    private const int SlotsPerMember = 10;

    private static readonly int[] Sizes = [65_537, 655_373, 5_000_011];

    private readonly int[] _slots;

    public MaglevTable(IReadOnlyList<Member> members)
        : this([.. members.Select(m => m.Declared.Name)], [.. members.Select(m => (double)m.Weight)])
    {
    }

    public MaglevTable(string[] names, double[] weights)
    {
        var size = Array.Find(Sizes, s => s >= (long)names.Length * SlotsPerMember) is var fits and > 0 ? fits : Sizes[^1];
        _slots = new int[size];
        Array.Fill(_slots, -1);
        var order = Enumerable.Range(0, names.Length).OrderBy(i => names[i], EntityName.Comparer).ToArray();
        var entries = Array.ConvertAll(order, i => new Entry(i, names[i], weights[i], (ulong)size));
        Fill(entries, weights.Max());
    }

    public int Size => _slots.Length;

    public int Pick(ulong hash) => _slots[(int)(hash % (ulong)_slots.Length)];

    /// <summary>How many slots a member has.</summary>
    internal int CountOf(int member) => _slots.Count(s => s == member);

    /// <summary>The rounds, of which only those are visited in which a member takes a slot: one heavy member among many light ones makes many.</summary>
    private void Fill(Entry[] entries, double largest)
    {
        var due = new PriorityQueue<int, (long Round, int Place)>(entries.Select((_, e) => (e, (1L, e))));
        for (var taken = 0; taken < _slots.Length; taken++)
        {
            due.TryPeek(out var e, out var turn);
            ref var entry = ref entries[e];
            entry.Target += largest;
            _slots[entry.NextFree(_slots)] = entry.Member;
            due.DequeueEnqueue(e, (Math.Max(turn.Round + 1, (long)Math.Ceiling(entry.Target / entry.Weight)), e));
        }
    }

    private struct Entry(int member, string name, double weight, ulong size)
    {
        private readonly ulong _skip = (HashKey.OfName(name, seed: 1) % (size - 1)) + 1;
        private ulong _at = HashKey.OfName(name) % size;

        public readonly int Member => member;

        public readonly double Weight => weight;

        public double Target { get; set; }

        public int NextFree(int[] slots)
        {
            while (slots[(int)_at] >= 0)
            {
                _at = (_at + _skip) % size;
            }
            return (int)_at;
        }
    }
}
