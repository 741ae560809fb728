using Athena.Engine.Leases;

namespace Athena.Simulation.Choosers;

/// <summary>How one gateway asks: it keeps decisions made ahead, as many as it takes in 6 ms and none for longer than 10, and tells outcomes with its next question or 5 ms later.</summary>
internal sealed class GatewayAsking(Func<Choice> decide, Action<Choice, OutcomeKind, long> close)
{
    private const long Millisecond = 1_000_000;
    private const long Life = 10 * Millisecond;
    private const long Patience = 5 * Millisecond;
    private const double MillisecondsAhead = 6;
    private const double TickMilliseconds = 100;

    private readonly Queue<(Choice Choice, long Made)> _kept = new();
    private readonly List<(Choice Choice, OutcomeKind Outcome, long Latency)> _outcomes = [];
    private long _waitingSince;
    private int _taken;
    private int _wanted;

    /// <summary>A decision made ahead, or one made now.</summary>
    public Choice Take(long now)
    {
        _taken++;
        GiveBackStale(now);
        if (_kept.Count <= _wanted / 2)
        {
            Tell();
            while (_kept.Count < _wanted)
            {
                _kept.Enqueue((decide(), now));
            }
        }
        return _kept.TryDequeue(out var kept) ? kept.Choice : Ask();
    }

    /// <summary>What became of a choice: told a little later.</summary>
    public void Ended(Choice choice, OutcomeKind outcome, long latency, long now)
    {
        _waitingSince = _outcomes.Count == 0 ? now : _waitingSince;
        _outcomes.Add((choice, outcome, latency));
    }

    /// <summary>Time has passed.</summary>
    public void Pass(long now)
    {
        GiveBackStale(now);
        if (now - _waitingSince >= Patience)
        {
            Tell();
        }
    }

    /// <summary>A tenth of a second has passed.</summary>
    public void Tick() => (_wanted, _taken) = (_taken * MillisecondsAhead / TickMilliseconds is var wanted && wanted >= 2 ? (int)wanted : 0, 0);

    private Choice Ask()
    {
        Tell();
        return decide();
    }

    private void GiveBackStale(long now)
    {
        while (_kept.TryPeek(out var oldest) && now - oldest.Made > Life)
        {
            close(_kept.Dequeue().Choice, OutcomeKind.Cancelled, 0);
        }
    }

    private void Tell()
    {
        foreach (var (choice, outcome, latency) in _outcomes)
        {
            close(choice, outcome, latency);
        }
        _outcomes.Clear();
    }
}
