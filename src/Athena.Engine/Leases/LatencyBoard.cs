namespace Athena.Engine.Leases;

/// <summary>The decayed latencies of one server: a cell and a line for each decay that a policy asked for. Readers never wait.</summary>
internal sealed class LatencyBoard
{
    private readonly Lock _adding = new();
    private volatile LatencyCell[] _cells = [];
    private volatile LatencyLine[] _lines = [];

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
    public LatencyBoard Copy() => new() { _cells = Array.ConvertAll(_cells, c => c.Copy()), _lines = Array.ConvertAll(_lines, l => l.Copy()) };

    /// <summary>The line of a decay, made if need be: for policies, which hold on to it.</summary>
    public LatencyLine GetOrAddLine(TimeSpan decay)
    {
        lock (_adding)
        {
            if (Array.Find(_lines, c => c.Decay == decay) is { } known)
            {
                return known;
            }
            var line = new LatencyLine(decay);
            _lines = [.. _lines, line];
            return line;
        }
    }

    /// <summary>Takes in the outcome of one lease, which was one of so many in flight when it was opened.</summary>
    public void Observe(double milliseconds, bool failed, int inFlight, double now)
    {
        foreach (var line in _lines)
        {
            line.Observe(milliseconds, failed, inFlight, now);
        }
        foreach (var cell in _cells)
        {
            cell.Observe(milliseconds, failed, now);
        }
    }
}
