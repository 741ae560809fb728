namespace Athena.Simulation.Model;

/// <summary>One server: what it works on, what waits, and what it would report.</summary>
/// <remarks>
/// All requests in service go on at one rate, so that they leave in the order of the work done by then: `attained` is the work that each has had
/// since the start, and a request leaves when it reaches its mark.
/// </remarks>
internal sealed class ServerModel(int index, Scenario scenario)
{
    private readonly PriorityQueue<Attempt, double> _serving = new();
    private readonly Queue<Attempt> _waiting = new();
    private readonly double _speed = scenario.Speeds[index] / (scenario.ServiceTime * VirtualClock.Second);
    private double _slowness = 1;
    private double _attained;
    private double _busy;
    private double _present;
    private long _since;
    private long _reportedAt;
    private int _taken;
    private int _failed;

    public int Index { get; } = index;

    public bool IsUp { get; private set; } = true;

    /// <summary>Tells wake-ups that still hold from those that do not.</summary>
    public int Version { get; private set; }

    /// <summary>Requests that are served or wait.</summary>
    public int Present => _serving.Count + _waiting.Count;

    private double Rate => _slowness * _speed * (scenario.Discipline == Discipline.Sharing ? Math.Min(1, (double)scenario.Workers / _serving.Count) : 1);

    /// <summary>Takes a request, unless the queue is full.</summary>
    public bool Take(Attempt attempt, long now)
    {
        Pass(now);
        if (scenario.Discipline == Discipline.Sharing || _serving.Count < scenario.Workers)
        {
            Begin(attempt);
        }
        else if (_waiting.Count < scenario.QueueLimit)
        {
            _waiting.Enqueue(attempt);
        }
        else
        {
            _failed++;
            return false;
        }
        _taken++;
        return true;
    }

    /// <summary>When the next request leaves, if nothing else happens; null: nobody is served. What was said before no longer holds.</summary>
    public long? NextLeave(long now)
    {
        Version++;
        return _serving.TryPeek(out _, out var mark) ? now + Math.Max(1, (long)Math.Ceiling((mark - _attained) / Rate)) : null;
    }

    /// <summary>A request that has had its work by now; null: none has.</summary>
    public Attempt? Leave(long now)
    {
        Pass(now);
        if (!_serving.TryPeek(out var attempt, out var mark) || mark > _attained + 1e-9)
        {
            return null;
        }
        _serving.Dequeue();
        if (_waiting.TryDequeue(out var next))
        {
            Begin(next);
        }
        return attempt;
    }

    /// <summary>Goes on at this part of its speed.</summary>
    public void Slow(double factor, long now)
    {
        Pass(now);
        _slowness = factor;
    }

    /// <summary>Stops: gives back all it was at.</summary>
    public List<Attempt> Stop(long now)
    {
        Pass(now);
        IsUp = false;
        var lost = _serving.UnorderedItems.Select(i => i.Element).Concat(_waiting).OrderBy(a => a.Request.Number).ToList();
        _serving.Clear();
        _waiting.Clear();
        return lost;
    }

    public void Start(long now)
    {
        Pass(now);
        IsUp = true;
        (_busy, _present, _taken, _failed, _reportedAt) = (0, 0, 0, 0, now);
    }

    /// <summary>What it knows of itself, and of the time since it last said so.</summary>
    public LoadReport Report(long now)
    {
        Pass(now);
        var period = Math.Max(1, now - _reportedAt);
        var seconds = period / (double)VirtualClock.Second;
        var report = new LoadReport(
            Queue: (double)Present / scenario.Workers,
            Load: _present / (period * (double)scenario.Workers),
            Cpu: _busy / (period * (double)scenario.Workers),
            Rate: _taken / seconds,
            Errors: _failed / seconds);
        (_busy, _present, _taken, _failed, _reportedAt) = (0, 0, 0, 0, now);
        return report;
    }

    private void Begin(Attempt attempt) => _serving.Enqueue(attempt, _attained + attempt.Request.Work);

    private void Pass(long now)
    {
        var passed = now - _since;
        if (_serving.Count > 0)
        {
            _attained += passed * Rate;
        }
        _busy += (double)passed * Math.Min(scenario.Workers, _serving.Count);
        _present += (double)passed * Present;
        _since = now;
    }
}

/// <summary>What a server says of itself.</summary>
/// <param name="Queue">Requests present now, for each worker.</param>
/// <param name="Load">The same, mean since the last report.</param>
/// <param name="Cpu">Part of the workers that were busy, mean since the last report.</param>
/// <param name="Rate">Requests taken per second.</param>
/// <param name="Errors">Requests refused per second.</param>
internal readonly record struct LoadReport(double Queue, double Load, double Cpu, double Rate, double Errors);
