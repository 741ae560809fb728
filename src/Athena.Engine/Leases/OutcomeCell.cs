namespace Athena.Engine.Leases;

/// <summary>What became of the leases that one farm's decisions gave a server: kept where the farm ejects. Safe from any thread.</summary>
public sealed class OutcomeCell
{
    private long _successes;
    private long _failures;
    private long _failuresInARow;

    /// <summary>Outcomes reported as success.</summary>
    public long Successes => Volatile.Read(ref _successes);

    /// <summary>Outcomes reported as failure.</summary>
    public long Failures => Volatile.Read(ref _failures);

    /// <summary>Failures since the last success.</summary>
    public long FailuresInARow => Volatile.Read(ref _failuresInARow);

    internal void Succeeded()
    {
        Interlocked.Increment(ref _successes);
        if (FailuresInARow != 0)
        {
            Volatile.Write(ref _failuresInARow, 0);
        }
    }

    internal void Failed()
    {
        Interlocked.Increment(ref _failures);
        Interlocked.Increment(ref _failuresInARow);
    }
}
