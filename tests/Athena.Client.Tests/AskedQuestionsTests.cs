using Athena.V1;

namespace Athena.Client.Tests;

public sealed class AskedQuestionsTests
{
    private readonly AskedQuestions _asked = new();

    [Fact]
    public void A_question_is_taken_once_whatever_waits_beside_it()
    {
        // 10,000 at once: more than have a place of their own.
        var questions = Enumerable.Range(1, 10_000).Select(i => new OneDecision((ulong)i, new BalanceRequest(), 0)).ToArray();
        Array.ForEach(questions, _asked.Add);
        Assert.Equal(questions.Length, _asked.All.Count());
        foreach (var question in questions)
        {
            Assert.Same(question, _asked.Take(question.Id));
            Assert.Null(_asked.Take(question.Id));
        }
        Assert.Empty(_asked.All);
        Assert.Null(_asked.Take(4096 + 1));
    }

    [Fact]
    public async Task Threads_take_each_question_once()
    {
        const int Each = 50_000;
        var taken = 0;
        await Task.WhenAll(Enumerable.Range(0, 4).Select(t => Task.Run(() =>
        {
            for (var i = 0; i < Each; i++)
            {
                // Numbers of two threads meet in one place, and both threads take both.
                var id = (ulong)((i * 4096L * 4) + (t * 4096L) + (i % 8));
                _asked.Add(new OneDecision(id, new BalanceRequest(), 0));
                Interlocked.Add(ref taken, (_asked.Take(id) is null ? 0 : 1) + (_asked.Take(id ^ 4096) is null ? 0 : 1));
            }
        }, TestContext.Current.CancellationToken)));
        Assert.Equal(4 * Each, taken + _asked.All.Count());
    }
}
