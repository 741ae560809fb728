namespace Athena.Engine.Policies;

/// <summary>nginx's smooth weighted round robin, worked out for one whole cycle.</summary>
/// <remarks>
/// Each step adds every member's weight to its counter, takes the largest counter (the first wins ties) and subtracts the total from it; after
/// total steps all counters are zero again. Source: nginx, ngx_http_upstream_round_robin.
/// </remarks>
internal static class SmoothSchedule
{
    public static int[] Unroll(ReadOnlySpan<int> weights)
    {
        var total = 0;
        foreach (var weight in weights)
        {
            total += weight;
        }
        var counters = new int[weights.Length];
        var cycle = new int[total];
        for (var step = 0; step < total; step++)
        {
            var best = 0;
            for (var i = 0; i < counters.Length; i++)
            {
                counters[i] += weights[i];
                if (counters[i] > counters[best])
                {
                    best = i;
                }
            }
            counters[best] -= total;
            cycle[step] = best;
        }
        return cycle;
    }
}
