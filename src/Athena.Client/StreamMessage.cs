using Athena.V1;

namespace Athena.Client;

/// <summary>What one stream sends: one message after another from the same objects, once the one before was sent. Used by one thread at a time.</summary>
internal sealed class StreamMessage
{
    /// <summary>Most objects kept for the next message.</summary>
    private const int MostKept = 1000;

    private readonly Stack<BalanceQuestion> _kept = [];

    /// <summary>The message.</summary>
    public BalanceStreamRequest Message { get; } = new();

    /// <summary>Whether there is nothing to send.</summary>
    public bool IsEmpty => Message.Questions.Count == 0 && Message.Outcomes.Count == 0;

    /// <summary>Adds a question.</summary>
    public void Add(PendingQuestion pending)
    {
        var question = _kept.TryPop(out var kept) ? kept : new BalanceQuestion();
        pending.Write(question);
        Message.Questions.Add(question);
    }

    /// <summary>The message was sent: its objects may be used again.</summary>
    public void Clear()
    {
        foreach (var question in Message.Questions)
        {
            question.Request = null;
            if (_kept.Count < MostKept)
            {
                _kept.Push(question);
            }
        }
        Message.Questions.Clear();
        Message.Outcomes.Clear();
    }
}
