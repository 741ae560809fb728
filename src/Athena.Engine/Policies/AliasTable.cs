namespace Athena.Engine.Policies;

/// <summary>Weighted random choice in constant time from one 64-bit draw.</summary>
/// <remarks>Walker's alias method, built by Vose's algorithm (1991): each column holds a member and an alias, in shares that sum to one column.</remarks>
internal sealed class AliasTable
{
    private readonly Column[] _columns;

    public AliasTable(ReadOnlySpan<double> weights)
    {
        var n = weights.Length;
        var total = 0.0;
        foreach (var weight in weights)
        {
            total += weight;
        }
        var (small, large) = (new Stack<int>(n), new Stack<int>(n));
        var share = new double[n];
        for (var i = 0; i < n; i++)
        {
            share[i] = total > 0 ? weights[i] / total * n : 1;
            (share[i] < 1 ? small : large).Push(i);
        }
        _columns = new Column[n];
        while (small.Count > 0 && large.Count > 0)
        {
            var (less, more) = (small.Pop(), large.Pop());
            _columns[less] = new Column(Threshold(share[less]), more);
            share[more] -= 1 - share[less];
            (share[more] < 1 ? small : large).Push(more);
        }
        // What rounding left over is one whole column.
        foreach (var i in small.Concat(large))
        {
            _columns[i] = new Column(uint.MaxValue, i);
        }
    }

    /// <summary>A member, in proportion to its weight: the high bits choose the column, the low ones the half.</summary>
    public int Pick(ulong bits)
    {
        var i = (int)(((bits >> 32) * (ulong)_columns.Length) >> 32);
        ref readonly var column = ref _columns[i];
        return (uint)bits <= column.Threshold ? i : column.Alias;
    }

    private static uint Threshold(double share) => (uint)Math.Min(uint.MaxValue, share * 4294967296.0);

    private readonly record struct Column(uint Threshold, int Alias);
}
