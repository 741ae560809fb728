using Athena.V1;

namespace Athena.Service.Api;

/// <summary>The answers of one stream's messages: one message after another is written from the same objects, once the one before was sent.</summary>
/// <remarks>An answer costs 400 bytes otherwise. Used by one thread at a time.</remarks>
internal sealed class StreamAnswers
{
    /// <summary>Most objects of a kind kept for the next message.</summary>
    private const int MostKept = 1000;

    private readonly List<BalanceStreamAnswer> _answers = [];
    private readonly List<BalanceResponse> _decisions = [];

    /// <summary>The message.</summary>
    public BalanceStreamResponse Message { get; } = new();

    /// <summary>Adds the answer to a question.</summary>
    public BalanceStreamAnswer Add(ulong id)
    {
        var answer = Taken(_answers) ?? new BalanceStreamAnswer();
        (answer.Id, answer.Error) = (id, null);
        Message.Answers.Add(answer);
        return answer;
    }

    /// <summary>An object for a decision; whatever it still holds is overwritten.</summary>
    public BalanceResponse Decision() => Taken(_decisions) ?? new BalanceResponse();

    /// <summary>The message was sent: its objects may be used again.</summary>
    public void Clear()
    {
        foreach (var answer in Message.Answers)
        {
            foreach (var decision in answer.Decisions)
            {
                Keep(_decisions, decision);
            }
            answer.Decisions.Clear();
            Keep(_answers, answer);
        }
        Message.Answers.Clear();
        Message.RejectedOutcomes.Clear();
    }

    private static void Keep<T>(List<T> kept, T item)
    {
        if (kept.Count < MostKept)
        {
            kept.Add(item);
        }
    }

    private static T? Taken<T>(List<T> kept)
        where T : class
    {
        if (kept.Count == 0)
        {
            return null;
        }
        var last = kept[^1];
        kept.RemoveAt(kept.Count - 1);
        return last;
    }
}
