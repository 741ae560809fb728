using Athena.V1;
using CsCheck;
using Grpc.Core;
using Microsoft.Extensions.Time.Testing;

namespace Athena.Client.Tests;

public sealed class AnswerDeadlinesTests : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(50);

    private readonly FakeTimeProvider _time = new();
    private readonly AskedQuestions _asked = new();
    private readonly AnswerDeadlines _deadlines;
    private ulong _lastId;

    public AnswerDeadlinesTests() => _deadlines = new AnswerDeadlines(_asked, Patience, _time);

    public ValueTask DisposeAsync() => _deadlines.DisposeAsync();

    [Fact]
    public async Task Each_question_waits_as_long_as_it_may_and_no_longer()
    {
        var first = Ask();
        Pass(20);
        var second = Ask();
        Pass(29);
        Assert.Equal((false, false), (first.IsOver, second.IsOver));
        Pass(1);
        Assert.Equal((true, false), (first.IsOver, second.IsOver));
        Assert.Equal(StatusCode.DeadlineExceeded, (await Assert.ThrowsAsync<AthenaException>(() => first.Answer)).StatusCode);
        Pass(20);
        Assert.True(second.IsOver);
    }

    [Fact]
    public void One_that_has_waited_elsewhere_already_ends_before_those_that_came_first()
    {
        var first = Ask();
        Pass(10);
        var late = Ask(waited: 45);
        Pass(5);
        Assert.Equal((false, true), (first.IsOver, late.IsOver));
    }

    [Fact]
    public void After_a_quiet_time_questions_are_watched_again()
    {
        Answer(Ask());
        Pass(1000);
        var late = Ask();
        Pass(50);
        Assert.True(late.IsOver);
    }

    [Fact]
    public void One_that_was_given_up_waits_a_minute_more_for_its_answer_to_give_the_lease_back()
    {
        var question = Ask();
        Pass(50);
        Pass(59_000);
        Assert.Single(_asked.All);
        Pass(1_000);
        Assert.Empty(_asked.All);
        Assert.Null(_asked.Take(question.Id));
    }

    [Fact]
    public void Whatever_is_asked_and_answered_nobody_waits_longer_than_he_may() =>
        Gen.Select(Gen.Int[0, 2], Gen.Int[1, 30]).Array[1, 60].Sample(steps =>
        {
            foreach (var (kind, value) in steps)
            {
                if (kind == 0)
                {
                    Ask(waited: value);
                }
                else if (kind == 1 && _asked.All.Cast<OneDecision>().FirstOrDefault(q => !q.IsOver) is { } waits)
                {
                    Answer(waits);
                }
                else
                {
                    Pass(value);
                }
                Assert.All(_asked.All.Cast<OneDecision>(), q => Assert.Equal(_time.GetElapsedTime(q.AskedAt) >= Patience, q.IsOver));
            }
        }, iter: 300, threads: 1);

    private OneDecision Ask(int waited = 0)
    {
        var question = new OneDecision(++_lastId, new BalanceRequest(), _time.GetTimestamp() - (waited * _time.TimestampFrequency / 1000));
        _asked.Add(question);
        _deadlines.Watch(question);
        return question;
    }

    private void Answer(OneDecision question)
    {
        Assert.Same(question, _asked.Take(question.Id));
        Assert.True(question.Take(new BalanceStreamAnswer { Id = question.Id, Decisions = { new BalanceResponse() } }));
    }

    private void Pass(int milliseconds) => _time.Advance(TimeSpan.FromMilliseconds(milliseconds));
}
