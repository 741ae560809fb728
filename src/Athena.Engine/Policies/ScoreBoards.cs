using System.Numerics;
using Athena.Engine.Farms;

namespace Athena.Engine.Policies;

/// <summary>Whose scores lie in <see cref="ScoreBoards"/>.</summary>
internal interface IScored
{
    /// <summary>Score of a member as a stripe of threads knows it, least first: not NaN, infinite for who is not to be picked.</summary>
    double BoardScore(int place, int stripe);
}

/// <summary>The scores of a group, a board for each stripe of threads that picks: as <see cref="CounterBlock"/> counts, so does a thread see.</summary>
/// <remarks>
/// A hand-out changes the board of its own stripe at once, and marks the place on the others' when these are told of it, which of many happens once in
/// 64: threads that decide at once do not wait for one another's cache lines. What changes for all (a report, the end of a lease) is marked on all. A stripe takes up what is
/// marked before it picks. No lock; boards are made ahead for stripes that have decided before, else when a thread of theirs first picks.
/// </remarks>
internal sealed class ScoreBoards(IScored scores, double[] weights)
{
    /// <summary>Numbers that nobody uses, so that neighbours in memory are two cache lines away.</summary>
    private const int Margin = 16;

    /// <summary>Blocks whose marks one number tells.</summary>
    private const int BlocksOfRow = 64;

    private readonly Stripe?[] _stripes = new Stripe?[CounterBlock.Stripes];
    private uint _used;

    /// <summary>The board of this thread, with all that it knows.</summary>
    public ScoreBoard Mine()
    {
        var number = CounterBlock.Mine;
        var mine = _stripes[number] ?? Begin(number);
        if (mine.IsMarked)
        {
            TakeUp(mine, number);
        }
        return mine.Board;
    }

    /// <summary>Makes the boards of some stripes, so that their first picks need not: for whoever changes a farm in which they decide.</summary>
    /// <param name="stripes">A bit each, as in <see cref="CounterBlock.Used"/>.</param>
    public void Prepare(uint stripes)
    {
        for (; stripes != 0; stripes &= stripes - 1)
        {
            var number = BitOperations.TrailingZeroCount(stripes);
            TakeUp(_stripes[number] ?? Begin(number), number);
        }
    }

    /// <summary>A decision on this thread chose a member.</summary>
    /// <param name="place">The member.</param>
    /// <param name="isTold">Whether the other stripes know of it now.</param>
    public void HandedOut(int place, bool isTold)
    {
        var number = CounterBlock.Mine;
        // A stripe without a board decides elsewhere, in another farm with the same server.
        _stripes[number]?.Board.Set(place, scores.BoardScore(place, number));
        if (isTold)
        {
            Mark(place, Volatile.Read(ref _used) & ~(1U << number));
        }
    }

    /// <summary>A member's score has changed for all.</summary>
    public void Mark(int place) => Mark(place, Volatile.Read(ref _used));

    /// <summary>All scores have changed for all.</summary>
    public void MarkAll()
    {
        for (var used = Volatile.Read(ref _used); used != 0; used &= used - 1)
        {
            _stripes[BitOperations.TrailingZeroCount(used)]!.MarkAll();
        }
    }

    /// <summary>Writes all boards anew: what threads that met on one have left behind goes with it.</summary>
    public void Renew()
    {
        for (var used = Volatile.Read(ref _used); used != 0; used &= used - 1)
        {
            var number = BitOperations.TrailingZeroCount(used);
            var board = _stripes[number]!.Board;
            for (var block = 0; block < board.Blocks; block++)
            {
                Write(board, block, ulong.MaxValue, number);
            }
        }
    }

    private void Mark(int place, uint stripes)
    {
        if (stripes == 0)
        {
            return;
        }
        // What changed must be there for all before a mark is looked at that is there already.
        Interlocked.MemoryBarrier();
        for (; stripes != 0; stripes &= stripes - 1)
        {
            _stripes[BitOperations.TrailingZeroCount(stripes)]!.Mark(place);
        }
    }

    private Stripe Begin(int number)
    {
        Interlocked.CompareExchange(ref _stripes[number], new Stripe(weights), null);
        Interlocked.Or(ref _used, 1U << number);
        // After it is known to all, so that no change is missed in between.
        _stripes[number]!.MarkAll();
        return _stripes[number]!;
    }

    private void TakeUp(Stripe stripe, int number)
    {
        for (var row = 0; row < stripe.Rows; row++)
        {
            for (var blocks = stripe.TakeBlocks(row); blocks != 0; blocks &= blocks - 1)
            {
                var block = (row * BlocksOfRow) + BitOperations.TrailingZeroCount(blocks);
                if (block < stripe.Board.Blocks && stripe.TakePlaces(block) is var places && places != 0)
                {
                    Write(stripe.Board, block, places, number);
                }
            }
        }
    }

    private void Write(ScoreBoard board, int block, ulong places, int number)
    {
        var first = block * ScoreBoard.BlockSize;
        var last = Math.Min(ScoreBoard.BlockSize, weights.Length - first);
        for (; places != 0; places &= places - 1)
        {
            if (BitOperations.TrailingZeroCount(places) is var i && i < last)
            {
                board.Put(first + i, scores.BoardScore(first + i, number));
            }
        }
        board.Recount(block);
    }

    /// <summary>A board, and what has changed since it was written: a bit for each place, and one for each block that has any.</summary>
    private sealed class Stripe
    {
        /// <summary>The rows of blocks, then the blocks.</summary>
        private readonly ulong[] _marks;

        public Stripe(double[] weights)
        {
            Board = new ScoreBoard(weights);
            Rows = (Board.Blocks + BlocksOfRow - 1) / BlocksOfRow;
            _marks = new ulong[Rows + Board.Blocks + (2 * Margin)];
        }

        public ScoreBoard Board { get; }

        public int Rows { get; }

        /// <summary>Whether any place is marked.</summary>
        public bool IsMarked => _marks.AsSpan(Margin, Rows).ContainsAnyExcept(0UL);

        public void Mark(int place)
        {
            var block = place / ScoreBoard.BlockSize;
            Set(ref Places(block), 1UL << (place % ScoreBoard.BlockSize));
            Set(ref Blocks(block / BlocksOfRow), 1UL << (block % BlocksOfRow));
        }

        public void MarkAll()
        {
            _marks.AsSpan(Margin + Rows, Board.Blocks).Fill(ulong.MaxValue);
            Interlocked.MemoryBarrier();
            _marks.AsSpan(Margin, Rows).Fill(ulong.MaxValue);
        }

        /// <summary>Takes the marks of a row: blocks that have any. To be taken before theirs: who marks a place then marks its block again.</summary>
        public ulong TakeBlocks(int row) => Take(ref Blocks(row));

        /// <summary>Takes the marks of a block.</summary>
        public ulong TakePlaces(int block) => Take(ref Places(block));

        private static ulong Take(ref ulong marks) => Volatile.Read(ref marks) == 0 ? 0 : Interlocked.Exchange(ref marks, 0);

        private static void Set(ref ulong marks, ulong mark)
        {
            // What is marked is not written: the stripe's threads would read its line anew.
            if ((Volatile.Read(ref marks) & mark) == 0)
            {
                Interlocked.Or(ref marks, mark);
            }
        }

        private ref ulong Blocks(int row) => ref _marks[Margin + row];

        private ref ulong Places(int block) => ref _marks[Margin + Rows + block];
    }
}
