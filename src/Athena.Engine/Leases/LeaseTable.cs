using System.Collections.Concurrent;
using Athena.Engine.Farms;

namespace Athena.Engine.Leases;

/// <summary>All open leases. Opening and closing take no lock and, once the table has grown, allocate nothing.</summary>
/// <remarks>
/// A lease is a slot in a table; its number is [1][15 bits: this table][24 bits: generation of the slot][24 bits: slot]. Closing is one
/// compare-and-set of generation and status, so that of several reports exactly one wins. Each stripe of threads has chunks of slots of its own,
/// so that threads that open leases at once do not wait for one another's cache lines. Freed slots queue up at home, oldest first: the outcome of
/// a closed lease can be told until its slot is used again.
/// </remarks>
public sealed class LeaseTable
{
    /// <summary>Most leases open at once.</summary>
    public const int MaxOpen = 1 << 20;

    private const int ChunkBits = 12;
    private const int ChunkSize = 1 << ChunkBits;
    private const int SlotBits = 24;
    private const int GenerationBits = 24;
    private const ulong SlotMask = (1UL << SlotBits) - 1;
    private const ulong GenerationMask = (1UL << GenerationBits) - 1;
    private const ulong LeaseBit = 1UL << 63;

    private const double LatestEnd = 1L << 62;

    private readonly TimeProvider _time;
    private readonly ulong _tableBits;
    private readonly Slot[]?[] _chunks = new Slot[]?[MaxOpen >> ChunkBits];
    private readonly byte[] _homes = new byte[MaxOpen >> ChunkBits];
    private readonly ConcurrentQueue<int>[] _free = [.. Enumerable.Range(0, CounterBlock.Stripes).Select(_ => new ConcurrentQueue<int>())];
    private readonly Lock _growing = new();
    private int _slots;
    private long _expired;

    /// <summary>An empty table.</summary>
    public LeaseTable(TimeProvider time)
    {
        _time = time;
        _tableBits = LeaseBit | ((ulong)Random.Shared.Next(1 << 15) << (SlotBits + GenerationBits));
    }

    private enum Status
    {
        Free = 0,
        Open = 1,
        Reported = 2,
        Expired = 3,
    }

    /// <summary>Leases open now: exact while none is opened or closed.</summary>
    public long Open
    {
        get
        {
            lock (_growing)
            {
                return Math.Max(0, _slots - _free.Sum(f => (long)f.Count));
            }
        }
    }

    /// <summary>Leases that ended by their time-out, since the start.</summary>
    public long Expired => Volatile.Read(ref _expired);

    /// <summary>A number for a decision without a lease: never one that a lease has.</summary>
    public static ulong NumberWithoutLease() => (ulong)Random.Shared.NextInt64() & ~LeaseBit;

    /// <summary>Opens a lease for a server whose place in flight is already taken.</summary>
    /// <param name="server">The server.</param>
    /// <param name="farm">The farm that decided.</param>
    /// <param name="isLimited">How the farm counted it: <see cref="FarmCells.Enter"/>.</param>
    /// <param name="timeout">When it ends by itself.</param>
    /// <param name="outcomes">Where the farm counts outcomes, if it does.</param>
    /// <returns>Its number, or 0 when <see cref="MaxOpen"/> are open.</returns>
    internal ulong OpenFor(ServerCells server, FarmCells farm, bool isLimited, TimeSpan timeout, OutcomeCell? outcomes = null)
    {
        if (!TakeSlot(out var index))
        {
            return 0;
        }
        ref var slot = ref SlotAt(index);
        var now = _time.GetTimestamp();
        (slot.Server, slot.Farm, slot.Outcomes) = (server, farm, outcomes);
        slot.IsLimited = isLimited;
        slot.OpenedAt = now;
        slot.InFlight = (int)server.InFlight;
        // In doubles, for the longest time-outs have more ticks than a long.
        slot.ExpiresAt = now + (timeout.TotalSeconds * _time.TimestampFrequency) is var end && end < LatestEnd ? (long)end : (long)LatestEnd;
        var generation = (Generation(Volatile.Read(ref slot.State)) + 1) & GenerationMask;
        Volatile.Write(ref slot.State, State(generation, Status.Open));
        return _tableBits | (generation << SlotBits) | (uint)index;
    }

    /// <summary>Ends a lease with its outcome.</summary>
    /// <param name="number">The decision's number; any number is allowed.</param>
    /// <param name="kind">What became of it.</param>
    /// <param name="server">The server it was for; null unless recorded.</param>
    /// <param name="latency">What the work took; null: the time since the lease was opened.</param>
    public OutcomeResult Close(ulong number, OutcomeKind kind, out ServerCells? server, TimeSpan? latency = null)
    {
        server = null;
        var index = (int)(number & SlotMask);
        if ((number & ~((1UL << (SlotBits + GenerationBits)) - 1)) != _tableBits || index >= Volatile.Read(ref _slots))
        {
            return OutcomeResult.Unknown;
        }
        ref var slot = ref SlotAt(index);
        var generation = (number >> SlotBits) & GenerationMask;
        var seen = Interlocked.CompareExchange(ref slot.State, State(generation, Status.Reported), State(generation, Status.Open));
        if (seen != State(generation, Status.Open))
        {
            return Generation(seen) != generation ? OutcomeResult.Unknown
                : StatusOf(seen) == Status.Expired ? OutcomeResult.Expired
                : StatusOf(seen) == Status.Reported ? OutcomeResult.AlreadyReported
                : OutcomeResult.Unknown;
        }
        server = slot.Server!;
        var outcomes = slot.Outcomes;
        if (kind != OutcomeKind.Cancelled)
        {
            // Before the lease ends: whoever is told of that finds the outcome counted.
            var now = _time.GetTimestamp();
            var took = latency ?? _time.GetElapsedTime(slot.OpenedAt, now);
            server.Observe(Math.Max(0, took.TotalMilliseconds), kind != OutcomeKind.Success, slot.InFlight, now / (double)_time.TimestampFrequency);
        }
        Release(ref slot, index);
        if (kind == OutcomeKind.Success)
        {
            server.Succeeded();
            outcomes?.Succeeded();
        }
        else if (kind != OutcomeKind.Cancelled)
        {
            server.Failed();
            outcomes?.Failed();
        }
        return OutcomeResult.Recorded;
    }

    /// <summary>Ends the leases whose time is over.</summary>
    /// <returns>How many.</returns>
    public int Sweep()
    {
        var now = _time.GetTimestamp();
        var ended = 0;
        var slots = Volatile.Read(ref _slots);
        for (var i = 0; i < slots; i++)
        {
            ref var slot = ref SlotAt(i);
            var state = Volatile.Read(ref slot.State);
            // The compare-and-set fails if the lease was closed, and even opened again, since the time was read.
            if (StatusOf(state) == Status.Open && Volatile.Read(ref slot.ExpiresAt) <= now
                && Interlocked.CompareExchange(ref slot.State, State(Generation(state), Status.Expired), state) == state)
            {
                Release(ref slot, i);
                ended++;
            }
        }
        Interlocked.Add(ref _expired, ended);
        return ended;
    }

    private void Release(ref Slot slot, int index)
    {
        slot.Server!.EndLease();
        slot.Farm!.Leave(slot.IsLimited);
        (slot.Server, slot.Farm, slot.Outcomes) = (null, null, null);
        _free[_homes[index >> ChunkBits]].Enqueue(index);
    }

    private bool TakeSlot(out int index)
    {
        var mine = CounterBlock.Mine;
        while (!_free[mine].TryDequeue(out index))
        {
            if (!Grow(mine))
            {
                return TakeFromOthers(out index);
            }
        }
        return true;
    }

    /// <summary>Once the table is as large as it may be: a slot that another stripe does not need now.</summary>
    private bool TakeFromOthers(out int index)
    {
        foreach (var free in _free)
        {
            if (free.TryDequeue(out index))
            {
                return true;
            }
        }
        index = 0;
        return false;
    }

    private bool Grow(int stripe)
    {
        lock (_growing)
        {
            if (_free[stripe].IsEmpty)
            {
                if (_slots >= MaxOpen)
                {
                    return false;
                }
                var first = _slots;
                _chunks[first >> ChunkBits] = new Slot[ChunkSize];
                _homes[first >> ChunkBits] = (byte)stripe;
                Volatile.Write(ref _slots, first + ChunkSize);
                for (var i = first; i < first + ChunkSize; i++)
                {
                    _free[stripe].Enqueue(i);
                }
            }
            return true;
        }
    }

    private ref Slot SlotAt(int index) => ref _chunks[index >> ChunkBits]![index & (ChunkSize - 1)];

    private static ulong State(ulong generation, Status status) => (generation << 2) | (ulong)status;

    private static ulong Generation(ulong state) => state >> 2;

    private static Status StatusOf(ulong state) => (Status)(state & 3);

    private struct Slot
    {
        public ulong State;
        public ServerCells? Server;
        public FarmCells? Farm;
        public OutcomeCell? Outcomes;
        public long OpenedAt;
        public long ExpiresAt;
        public int InFlight;
        public bool IsLimited;
    }
}
