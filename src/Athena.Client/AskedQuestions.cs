using System.Collections.Concurrent;

namespace Athena.Client;

/// <summary>Questions that wait for their answer, by number. Safe from any thread; a question leaves nothing behind while fewer than 4,096 wait.</summary>
internal sealed class AskedQuestions
{
    /// <summary>A question stands in the place of its number's remainder; where an older one still waits, with the others.</summary>
    private const int Places = 4096;

    private readonly PendingQuestion?[] _places = new PendingQuestion?[Places];
    private readonly ConcurrentDictionary<ulong, PendingQuestion> _others = new();

    /// <summary>All that wait.</summary>
    public IEnumerable<PendingQuestion> All => _places.OfType<PendingQuestion>().Concat(_others.Values);

    /// <summary>Adds a question; its number is a new one.</summary>
    public void Add(PendingQuestion question)
    {
        if (Interlocked.CompareExchange(ref _places[question.Id % Places], question, null) is not null)
        {
            _others[question.Id] = question;
        }
    }

    /// <summary>The question of a number, which from now on does not wait; null when none has it.</summary>
    public PendingQuestion? Take(ulong id)
    {
        ref var place = ref _places[id % Places];
        if (Volatile.Read(ref place) is { } question && question.Id == id)
        {
            return Interlocked.CompareExchange(ref place, null, question) == question ? question : null;
        }
        return _others.TryRemove(id, out var other) ? other : null;
    }
}
