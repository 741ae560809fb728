using System.Numerics;
using System.Runtime.InteropServices;

namespace Athena.Engine.Policies;

/// <summary>The scores of a group, and the least of each 64 of them: a pick looks at n/64 numbers, then at one block; a change at one block.</summary>
/// <remarks>
/// Equals share by weight: with the least score a block keeps the weight of all members that have it. No lock: two threads that change one block at
/// once may leave its least as it was between the two changes, until the next change or <see cref="Recount()"/>; <see cref="Pick"/> mends one that is too low.
/// </remarks>
internal sealed class ScoreBoard
{
    /// <summary>Scores of a block.</summary>
    public const int BlockSize = 1 << BlockBits;

    private const int BlockBits = 6;
    private const int Repeats = 4;
    private const uint TieDraw = 64;

    /// <summary>Numbers that nobody uses, so that the boards of different threads are two cache lines apart.</summary>
    private const int Margin = 16;

    private readonly double[] _weights;

    /// <summary>The scores, then the least of each block, then its weight.</summary>
    private readonly double[] _numbers;

    /// <summary>All scores infinite.</summary>
    public ScoreBoard(double[] weights)
    {
        _weights = weights;
        Blocks = (weights.Length + BlockSize - 1) >> BlockBits;
        _numbers = new double[weights.Length + (2 * Blocks) + (2 * Margin)];
        Array.Fill(_numbers, double.PositiveInfinity, Margin, weights.Length + Blocks);
    }

    /// <summary>How many blocks there are.</summary>
    public int Blocks { get; }

    private Span<double> Scores => _numbers.AsSpan(Margin, _weights.Length);

    private Span<double> Leasts => _numbers.AsSpan(Margin + _weights.Length, Blocks);

    private Span<double> LeastWeights => _numbers.AsSpan(Margin + _weights.Length + Blocks, Blocks);

    /// <summary>The score of a place.</summary>
    public double this[int place] => Volatile.Read(ref Scores[place]);

    /// <summary>Sets the score of a place; not NaN.</summary>
    public void Set(int place, double score)
    {
        var block = place >> BlockBits;
        var least = Volatile.Read(ref Leasts[block]);
        var before = Volatile.Read(ref Scores[place]);
        if (score == before)
        {
            return;
        }
        Put(place, score);
        if (before <= least || score <= least)
        {
            Recount(block);
        }
    }

    /// <summary>Sets the score of a place of a block that will be recounted.</summary>
    public void Put(int place, double score) => Volatile.Write(ref Scores[place], score);

    /// <summary>Takes the least of every block anew.</summary>
    public void Recount()
    {
        for (var block = 0; block < Blocks; block++)
        {
            Recount(block);
        }
    }

    /// <summary>A place of the least score, equals by weight; -1 when all are infinite, or while writers keep changing them.</summary>
    public int Pick(ulong seed)
    {
        for (var k = 0; k < Repeats; k++)
        {
            var leasts = Leasts;
            var weights = LeastWeights;
            var least = Least(leasts);
            if (double.IsPositiveInfinity(least))
            {
                return -1;
            }
            var total = 0.0;
            for (var b = 0; b < leasts.Length; b++)
            {
                total += leasts[b] <= least ? weights[b] : 0;
            }
            var (left, block) = (Draw.Unit(Draw.Bits(seed, TieDraw)) * total, -1);
            for (var b = 0; b < leasts.Length && left >= 0; b++)
            {
                if (leasts[b] <= least)
                {
                    (left, block) = (left - weights[b], b);
                }
            }
            if (block >= 0 && PickIn(block, least, left + weights[block]) is var place && place >= 0)
            {
                return place;
            }
            Recount(Math.Max(0, block));
        }
        return -1;
    }

    /// <summary>The least of some numbers, infinite for none. By SIMD.</summary>
    internal static double Least(ReadOnlySpan<double> scores)
    {
        var vectors = MemoryMarshal.Cast<double, Vector<double>>(scores);
        var least = double.PositiveInfinity;
        if (vectors.Length > 0)
        {
            var all = vectors[0];
            for (var v = 1; v < vectors.Length; v++)
            {
                all = Vector.Min(all, vectors[v]);
            }
            for (var i = 0; i < Vector<double>.Count; i++)
            {
                least = Math.Min(least, all[i]);
            }
        }
        foreach (var score in scores[(vectors.Length * Vector<double>.Count)..])
        {
            least = Math.Min(least, score);
        }
        return least;
    }

    /// <summary>Among a block's places with at most this score, the one at this point of their weights.</summary>
    private int PickIn(int block, double least, double point)
    {
        var found = -1;
        var first = block << BlockBits;
        var scores = Scores.Slice(first, Math.Min(BlockSize, _weights.Length - first));
        for (var i = 0; i < scores.Length; i++)
        {
            if (scores[i] <= least)
            {
                found = first + i;
                point -= _weights[found];
                if (point < 0)
                {
                    break;
                }
            }
        }
        return found;
    }

    /// <summary>Takes the least of a block anew.</summary>
    public void Recount(int block)
    {
        var first = block << BlockBits;
        var scores = Scores.Slice(first, Math.Min(BlockSize, _weights.Length - first));
        var weights = _weights.AsSpan(first, scores.Length);
        var least = Least(scores);
        var (bound, sums) = (new Vector<double>(least), Vector<double>.Zero);
        var scoreVectors = MemoryMarshal.Cast<double, Vector<double>>(scores);
        var weightVectors = MemoryMarshal.Cast<double, Vector<double>>(weights);
        for (var v = 0; v < scoreVectors.Length; v++)
        {
            sums += Vector.ConditionalSelect(Vector.LessThanOrEqual(scoreVectors[v], bound), weightVectors[v], Vector<double>.Zero);
        }
        var weight = Vector.Sum(sums);
        for (var i = scoreVectors.Length * Vector<double>.Count; i < scores.Length; i++)
        {
            weight += scores[i] <= least ? weights[i] : 0;
        }
        Volatile.Write(ref LeastWeights[block], weight);
        Volatile.Write(ref Leasts[block], least);
    }
}
