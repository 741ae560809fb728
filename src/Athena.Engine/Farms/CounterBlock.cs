using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Athena.Engine.Farms;

/// <summary>The counters of some servers, laid out so that threads that decide at once do not wait for one another's cache lines.</summary>
/// <remarks>
/// Hand-outs without a lease are counted in stripes, a few threads each, and told to the other stripes when one part in sixteen of what the stripe handed
/// out since the last <see cref="Settle"/> is untold, at the latest at 64. So a thread sees all of its own stripe at once and, while few were handed out,
/// all of the others'; of many it may miss a sixteenth. <see cref="Chosen"/> is exact. Leases, of which all threads must know at once, have a line a server.
/// </remarks>
internal sealed class CounterBlock
{
    /// <summary>Servers of a block: what stays in memory while one of them is left. Not more than a ulong has bits.</summary>
    public const int Size = 64;

    /// <summary>How many stripes there are.</summary>
    public const int Stripes = 16;

    private const int PartUntold = 16;
    private const int MostUntold = 64;

    /// <summary>Longs of one cache line.</summary>
    private const int Line = 8;

    /// <summary>Entries of a stripe that nobody uses, so that its neighbours in memory are two lines away.</summary>
    private const int Margin = 6;

    /// <summary>Made when a thread of theirs first decides here: most blocks see few threads.</summary>
    private readonly Counts[]?[] _stripes = new Counts[]?[Stripes];
    private readonly int _size;
    private readonly long[] _shared;
    private readonly int _first;
    private uint _used;
    private ulong _watched;

    public CounterBlock(int size = Size)
    {
        _size = size;
        // Pinned, so that each server's counters stay on the one line they begin.
        _shared = GC.AllocateArray<long>((size + 2) * Line, pinned: true);
        var past = (int)(Marshal.UnsafeAddrOfPinnedArrayElement(_shared, 0) / sizeof(long) % Line);
        _first = past == 0 ? Line : (2 * Line) - past;
    }

    /// <summary>The calling thread's stripe.</summary>
    public static int Mine => Environment.CurrentManagedThreadId % Stripes;

    /// <summary>The stripes that have counted here: a bit each.</summary>
    public uint Used => Volatile.Read(ref _used);

    /// <summary>Takes over all numbers of a server from another block.</summary>
    public void Take(int slot, CounterBlock other, int otherSlot)
    {
        // Told last: what a stripe counts as told is told by then, or a few hand-outs too few are seen.
        for (var used = Volatile.Read(ref other._used); used != 0; used &= used - 1)
        {
            var i = System.Numerics.BitOperations.TrailingZeroCount(used);
            (_stripes[i] ?? Begin(i))[slot + Margin] = other._stripes[i]![otherSlot + Margin];
        }
        foreach (var counter in Enum.GetValues<SharedCounter>())
        {
            Shared(slot, counter) = Volatile.Read(ref other.Shared(otherSlot, counter));
        }
    }

    /// <summary>A counter that all threads write.</summary>
    public ref long Shared(int slot, SharedCounter counter) => ref _shared[_first + (slot * Line) + (int)counter];

    /// <summary>Leases open: opened less ended, so that a lease is two changes of the line and not three.</summary>
    public long InFlight(int slot)
    {
        var ended = Volatile.Read(ref Shared(slot, SharedCounter.Ended));
        return Volatile.Read(ref Shared(slot, SharedCounter.Opened)) - ended;
    }

    /// <summary>One more lease, and so a hand-out.</summary>
    /// <returns>How many are open with it.</returns>
    public long Enter(int slot)
    {
        // Ended is read after: whoever is told a number up to a limit has its place, whatever others do at once.
        var opened = Interlocked.Increment(ref Shared(slot, SharedCounter.Opened));
        return opened - Volatile.Read(ref Shared(slot, SharedCounter.Ended));
    }

    /// <summary>Whether a hand-out must be told to the server's cells.</summary>
    public bool IsWatched(int slot) => (Volatile.Read(ref _watched) & (1UL << slot)) != 0;

    public void SetWatched(int slot, bool isWatched)
    {
        if (isWatched)
        {
            Interlocked.Or(ref _watched, 1UL << slot);
        }
        else
        {
            Interlocked.And(ref _watched, ~(1UL << slot));
        }
    }

    /// <summary>Counts one hand-out without a lease.</summary>
    /// <returns>Whether the other stripes were told.</returns>
    public bool HandOut(int slot)
    {
        var stripe = Mine;
        ref var mine = ref (_stripes[stripe] ?? Begin(stripe))[slot + Margin];
        var given = Interlocked.Increment(ref mine.Given);
        var untold = given - Volatile.Read(ref mine.Told);
        if (untold < MostUntold && untold * PartUntold <= given - Volatile.Read(ref mine.Settled))
        {
            return false;
        }
        Tell(ref mine, slot);
        return true;
    }

    /// <summary>Hand-outs since the start, all of them. O(stripes): for reports and readers of numbers.</summary>
    public long Chosen(int slot) => Volatile.Read(ref Shared(slot, SharedCounter.Opened)) + Sum(slot, c => c.Given);

    /// <summary>Hand-outs without a lease since the start, as a stripe knows of them: for picks.</summary>
    public long Seen(int slot, int stripe) => Volatile.Read(ref Shared(slot, SharedCounter.Told)) + Untold(slot, stripe);

    /// <summary>What a server has been given, as a stripe knows of it: for picks.</summary>
    public HandOutMark SeenMark(int slot, int stripe, out long chosen)
    {
        // One look for the line: its counters are then read without a check each.
        var line = _shared.AsSpan(_first + (slot * Line), Line);
        var withoutLease = Volatile.Read(ref line[(int)SharedCounter.Told]) + Untold(slot, stripe);
        var ended = Volatile.Read(ref line[(int)SharedCounter.Ended]);
        var opened = Volatile.Read(ref line[(int)SharedCounter.Opened]);
        chosen = withoutLease + opened;
        return new HandOutMark(withoutLease, opened - ended);
    }

    /// <summary>Lets all threads know of all hand-outs up to now: a new count begins, which must be exact while it is small.</summary>
    /// <returns>Hand-outs without a lease since the start.</returns>
    public long Settle(int slot)
    {
        var sum = 0L;
        for (var used = Volatile.Read(ref _used); used != 0; used &= used - 1)
        {
            ref var stripe = ref _stripes[System.Numerics.BitOperations.TrailingZeroCount(used)]![slot + Margin];
            var given = Volatile.Read(ref stripe.Given);
            if (given != Volatile.Read(ref stripe.Settled))
            {
                Tell(ref stripe, slot);
                Volatile.Write(ref stripe.Settled, given);
            }
            sum += given;
        }
        return sum;
    }

    /// <summary>Counts one outcome reported as success.</summary>
    public void Succeed(int slot)
    {
        var stripe = Mine;
        Interlocked.Increment(ref (_stripes[stripe] ?? Begin(stripe))[slot + Margin].Successes);
    }

    /// <summary>Outcomes reported as success, since the start. O(stripes).</summary>
    public long Successes(int slot) => Sum(slot, c => c.Successes);

    private long Sum(int slot, Func<Counts, long> count)
    {
        var sum = 0L;
        for (var used = Volatile.Read(ref _used); used != 0; used &= used - 1)
        {
            sum += count(_stripes[System.Numerics.BitOperations.TrailingZeroCount(used)]![slot + Margin]);
        }
        return sum;
    }

    private long Untold(int slot, int stripe)
    {
        if (_stripes[stripe] is not { } counts)
        {
            return 0;
        }
        ref var own = ref counts[slot + Margin];
        return Volatile.Read(ref own.Given) - Volatile.Read(ref own.Told);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private Counts[] Begin(int stripe)
    {
        Interlocked.CompareExchange(ref _stripes[stripe], new Counts[_size + (2 * Margin)], null);
        Interlocked.Or(ref _used, 1U << stripe);
        return _stripes[stripe]!;
    }

    private void Tell(ref Counts stripe, int slot)
    {
        var told = Volatile.Read(ref stripe.Told);
        var given = Volatile.Read(ref stripe.Given);
        if (given > told && Interlocked.CompareExchange(ref stripe.Told, given, told) == told)
        {
            Interlocked.Add(ref Shared(slot, SharedCounter.Told), given - told);
        }
    }

    private struct Counts
    {
        public long Given;
        public long Told;
        public long Settled;
        public long Successes;
    }
}
