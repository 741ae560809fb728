namespace Athena.Engine.Farms;

/// <summary>A count that many threads raise at once: each on a cache line of its own as far as there are lines, so that they do not wait for one another's.</summary>
/// <remarks>Raising it is one uncontended atomic add; reading it sums the lines. A thread keeps the line that it was given first.</remarks>
internal readonly struct StripedCounter
{
    private const int LongsInLine = 8;
    private const int MostLines = 8;

    private static readonly int Lines = Math.Min(MostLines, (int)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)Environment.ProcessorCount));
    private static int _lastLine;

    [ThreadStatic]
    private static int _line;

    // A line before the first, so that the array's own header is not on it.
    private readonly long[] _counts = new long[(Lines + 1) * LongsInLine];

    public StripedCounter()
    {
    }

    /// <summary>The sum of all lines: exact when nobody raises it meanwhile.</summary>
    public long Value
    {
        get
        {
            var sum = 0L;
            for (var i = LongsInLine; i < _counts.Length; i += LongsInLine)
            {
                sum += Volatile.Read(ref _counts[i]);
            }
            return sum;
        }
    }

    public void Increment()
    {
        if (_line == 0)
        {
            _line = LongsInLine * (1 + (Interlocked.Increment(ref _lastLine) & (Lines - 1)));
        }
        Interlocked.Increment(ref _counts[_line]);
    }
}
