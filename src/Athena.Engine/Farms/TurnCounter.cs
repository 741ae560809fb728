namespace Athena.Engine.Farms;

/// <summary>0, 1, 2, ... for many threads: no number twice, and in order while threads do not meet.</summary>
/// <remarks>
/// A thread takes the next number by compare-and-set. When another one took it at that very moment, the two would go on waiting for one another's
/// cache line, so it takes 256 numbers at once and gives those out first. While threads meet, numbers are out of order by 256 for each of them; what is
/// left of a block is given out when a thread of its stripe asks again.
/// </remarks>
internal sealed class TurnCounter
{
    private const int Block = 256;
    private const int LeftBits = 9;
    private const long LeftMask = (1L << LeftBits) - 1;

    private readonly ApartLong[] _stripes = new ApartLong[CounterBlock.Stripes + 2];
    private readonly ApartLong[] _next = new ApartLong[3];

    /// <summary>The same turn, from now on apart.</summary>
    public TurnCounter Copy()
    {
        var copy = new TurnCounter();
        _stripes.CopyTo(copy._stripes, 0);
        _next.CopyTo(copy._next, 0);
        return copy;
    }

    public ulong Next()
    {
        // A stripe's block: its next number, and in the low bits how many are left.
        ref var stripe = ref _stripes[CounterBlock.Mine + 1].Value;
        var block = Volatile.Read(ref stripe);
        if ((block & LeftMask) != 0 && Interlocked.CompareExchange(ref stripe, block + (1L << LeftBits) - 1, block) == block)
        {
            return (ulong)(block >> LeftBits);
        }
        var next = Volatile.Read(ref _next[1].Value);
        if (Interlocked.CompareExchange(ref _next[1].Value, next + 1, next) == next)
        {
            return (ulong)next;
        }
        next = Interlocked.Add(ref _next[1].Value, Block) - Block;
        // Only in place of an empty block. Where another thread of the stripe was quicker, these numbers are left out: a rare loss that hits all members alike.
        block = Volatile.Read(ref stripe);
        if ((block & LeftMask) == 0)
        {
            Interlocked.CompareExchange(ref stripe, ((next + 1) << LeftBits) | (Block - 1), block);
        }
        return (ulong)next;
    }
}
