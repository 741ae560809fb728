namespace Athena.Simulation.Model;

/// <summary>What can happen.</summary>
internal enum What
{
    Ask,
    Reach,
    Leave,
    Answered,
    Refused,
    Unreachable,
    GiveUp,
    Report,
    Reported,
    Tick,
    SecondOver,
    NoiseBegins,
    NoiseEnds,
    Stop,
    Start,
    FoundDown,
    FoundUp,
}

/// <summary>One thing that will happen.</summary>
internal readonly record struct Entry(What What, int Server = 0, int Version = 0, Attempt? Attempt = null, object? Load = null);

/// <summary>What will happen, in the order of time; what happens at one instant, in the order it was put down.</summary>
internal sealed class Agenda
{
    private readonly PriorityQueue<Entry, (long At, long Order)> _entries = new();
    private long _order;

    public void Add(long at, in Entry entry) => _entries.Enqueue(entry, (at, _order++));

    public bool TryNext(out Entry entry, out long at)
    {
        var found = _entries.TryDequeue(out entry, out var when);
        at = when.At;
        return found;
    }
}
