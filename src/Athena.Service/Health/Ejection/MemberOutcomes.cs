using Athena.Engine.Farms;
using Athena.Engine.Leases;

namespace Athena.Service.Health.Ejection;

/// <summary>What one member did in its farm since the interval began; and its ejections.</summary>
internal sealed class MemberOutcomes
{
    private readonly OutcomeCell _outcomes;
    private long _successes;
    private long _failures;
    private long _failuresForgiven;

    public MemberOutcomes(ServerCells cells, OutcomeCell outcomes)
    {
        (Cells, _outcomes) = (cells, outcomes);
        BeginInterval();
        Forgive();
    }

    /// <summary>Whose outcomes these are: a server that is removed and made again begins anew.</summary>
    public ServerCells Cells { get; }

    /// <summary>Ejections in short succession.</summary>
    public int Multiplier { get; set; }

    /// <summary>Timestamp at which the present ejection ends.</summary>
    public long EndsAt { get; set; }

    /// <summary>Failures in the interval.</summary>
    public long Failures => _outcomes.Failures - _failures;

    /// <summary>Outcomes in the interval.</summary>
    public long Total => Failures + _outcomes.Successes - _successes;

    /// <summary>Success rate in the interval, 0 to 1.</summary>
    public double SuccessRate => Total == 0 ? 1 : 1 - ((double)Failures / Total);

    /// <summary>Failures since the last success, those before the last finding or the return left out.</summary>
    public long FailuresInARow => Math.Min(_outcomes.FailuresInARow, _outcomes.Failures - _failuresForgiven);

    public void BeginInterval() => (_successes, _failures) = (_outcomes.Successes, _outcomes.Failures);

    /// <summary>Begins the count of failures in a row anew.</summary>
    public void Forgive() => _failuresForgiven = _outcomes.Failures;
}
