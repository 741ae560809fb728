namespace Athena.Engine.Leases;

/// <summary>The decayed latencies of one server: one for each decay that a policy asked for. Readers never wait.</summary>
internal sealed class LatencyBoard
{
    private readonly Lock _adding = new();
    private volatile LatencyCell[] _cells = [];

    /// <summary>The cell of a decay, made if need be: for policies, which hold on to it.</summary>
    public LatencyCell GetOrAdd(TimeSpan decay)
    {
        lock (_adding)
        {
            if (Array.Find(_cells, c => c.Decay == decay) is { } known)
            {
                return known;
            }
            var cell = new LatencyCell(decay);
            _cells = [.. _cells, cell];
            return cell;
        }
    }

    /// <summary>The same latencies, from now on apart.</summary>
    public LatencyBoard Copy() => new() { _cells = Array.ConvertAll(_cells, c => c.Copy()) };

    /// <summary>Takes in the outcome of one lease.</summary>
    public void Observe(double milliseconds, bool failed, double now)
    {
        foreach (var cell in _cells)
        {
            cell.Observe(milliseconds, failed, now);
        }
    }
}
