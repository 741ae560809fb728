using Athena.Engine.Farms;

namespace Athena.Service.Health.Ejection;

/// <summary>What one member did since the interval began, read from its server's counters; and its ejections.</summary>
internal sealed class MemberOutcomes
{
    private long _successes;
    private long _failures;
    private long _failuresForgiven;

    public MemberOutcomes(ServerCells cells)
    {
        Cells = cells;
        BeginInterval();
        Forgive();
    }

    public ServerCells Cells { get; }

    /// <summary>Ejections in short succession.</summary>
    public int Multiplier { get; set; }

    /// <summary>Timestamp at which the present ejection ends.</summary>
    public long EndsAt { get; set; }

    /// <summary>Failures in the interval.</summary>
    public long Failures => Cells.Failures - _failures;

    /// <summary>Outcomes in the interval.</summary>
    public long Total => Failures + Cells.Successes - _successes;

    /// <summary>Success rate in the interval, 0 to 1.</summary>
    public double SuccessRate => Total == 0 ? 1 : 1 - ((double)Failures / Total);

    /// <summary>Failures since the last success, those before the last finding or the return left out.</summary>
    public long FailuresInARow => Math.Min(Cells.FailuresInARow, Cells.Failures - _failuresForgiven);

    public void BeginInterval() => (_successes, _failures) = (Cells.Successes, Cells.Failures);

    /// <summary>Begins the count of failures in a row anew.</summary>
    public void Forgive() => _failuresForgiven = Cells.Failures;
}
