using System.Numerics;
using System.Runtime.InteropServices;
using Athena.Engine.Farms;

namespace Athena.Engine.Policies;

/// <summary>The least of many scores in one array, by SIMD.</summary>
/// <remarks>Two passes: the least score, four vectors at a time, then the members that have it, who share by weight.</remarks>
internal static class LeastScan
{
    private const int Repeats = 3;

    /// <summary>A place of the least score; -1 when writers kept changing it.</summary>
    /// <param name="scores">No NaN among them; others may write while this reads.</param>
    /// <param name="members">Their weights decide between equals.</param>
    /// <param name="seed">Decides between equals.</param>
    public static int Pick(ReadOnlySpan<double> scores, ReadOnlySpan<Member> members, ulong seed)
    {
        for (var k = 0; k < Repeats; k++)
        {
            if (FirstOf(scores, members, Least(scores), seed) is var found && found >= 0)
            {
                return found;
            }
        }
        return -1;
    }

    internal static double Least(ReadOnlySpan<double> scores)
    {
        var least = double.PositiveInfinity;
        var vectors = MemoryMarshal.Cast<double, Vector<double>>(scores);
        if (vectors.Length >= 4)
        {
            var (a, b, c, d) = (vectors[0], vectors[1], vectors[2], vectors[3]);
            var v = 4;
            for (; v <= vectors.Length - 4; v += 4)
            {
                a = Vector.Min(a, vectors[v]);
                b = Vector.Min(b, vectors[v + 1]);
                c = Vector.Min(c, vectors[v + 2]);
                d = Vector.Min(d, vectors[v + 3]);
            }
            for (; v < vectors.Length; v++)
            {
                a = Vector.Min(a, vectors[v]);
            }
            a = Vector.Min(Vector.Min(a, b), Vector.Min(c, d));
            for (var i = 0; i < Vector<double>.Count; i++)
            {
                least = Math.Min(least, a[i]);
            }
            scores = scores[(vectors.Length * Vector<double>.Count)..];
        }
        foreach (var score in scores)
        {
            least = Math.Min(least, score);
        }
        return least;
    }

    /// <summary>One of the places with at most this score, drawn by weight.</summary>
    private static int FirstOf(ReadOnlySpan<double> scores, ReadOnlySpan<Member> members, double least, ulong seed)
    {
        var ties = new ScoredPick.Ties(seed);
        var vectors = MemoryMarshal.Cast<double, Vector<double>>(scores);
        var bound = new Vector<double>(least);
        for (var v = 0; v < vectors.Length; v++)
        {
            if (Vector.LessThanOrEqualAny(vectors[v], bound))
            {
                var first = v * Vector<double>.Count;
                Offer(scores, members, least, first, first + Vector<double>.Count, ref ties);
            }
        }
        Offer(scores, members, least, vectors.Length * Vector<double>.Count, scores.Length, ref ties);
        return ties.Best;
    }

    private static void Offer(ReadOnlySpan<double> scores, ReadOnlySpan<Member> members, double least, int from, int to, ref ScoredPick.Ties ties)
    {
        for (var i = from; i < to; i++)
        {
            var score = scores[i];
            if (score <= least)
            {
                ties.Offer(i, score, members[i].EffectiveWeight);
            }
        }
    }
}
