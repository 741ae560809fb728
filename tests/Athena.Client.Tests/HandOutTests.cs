using Athena.Testing;
using Athena.V1;
using Grpc.Core;

namespace Athena.Client.Tests;

public sealed class HandOutTests
{
    private readonly WakeUp _writer = new();

    [Fact]
    public async Task The_writer_waits_until_all_askers_had_their_turn()
    {
        var (questions, asked) = (Answered(64), 0);
        var going = questions.Select(async question =>
        {
            await question.Answer;
            Interlocked.Increment(ref asked);
            _writer.Call();
        }).ToArray();
        var waiting = WaitAsync();
        new HandOut(questions, questions.Length, _writer).Begin();
        Assert.Equal(64, await waiting.WaitAsync(Deadline.Generous));
        await Task.WhenAll(going);

        async Task<int> WaitAsync()
        {
            await _writer.WaitAsync();
            return Volatile.Read(ref asked);
        }
    }

    [Fact]
    public async Task An_asker_who_blocks_holds_up_neither_the_others_nor_the_writer()
    {
        var questions = Answered(10);
        using var blocked = new ManualResetEventSlim();
        var going = questions.Select(async (question, i) =>
        {
            await question.Answer;
            if (i is 0 or 5 or 9)
            {
                Assert.True(blocked.Wait(Deadline.Generous));
            }
        }).ToArray();
        var waiting = _writer.WaitAsync().AsTask();
        new HandOut(questions, questions.Length, _writer).Begin();
        await Task.WhenAll([waiting, .. going.Where((_, i) => i is not (0 or 5 or 9))]).WaitAsync(Deadline.Generous);
        blocked.Set();
        await Task.WhenAll(going);
    }

    [Fact]
    public async Task Of_an_answer_a_timeout_and_an_asker_who_goes_one_ends_a_question()
    {
        const int Rounds = 5_000;
        for (var i = 0; i < Rounds; i++)
        {
            var question = new OneDecision(1, new BalanceRequest(), 0);
            using var gone = new CancellationTokenSource();
            using var start = new Barrier(3);
            var answered = false;
            Action[] ends =
            [
                () =>
                {
                    answered = question.Take(Answer("a"));
                    if (answered)
                    {
                        question.Complete();
                    }
                },
                () => question.Fail(StatusCode.DeadlineExceeded, "late"),
                () => question.Cancel(gone.Token),
            ];
            await Task.WhenAll(ends.Select(end => Task.Run(() =>
            {
                start.SignalAndWait();
                end();
            }))).WaitAsync(Deadline.Generous);
            var server = await question.Answer.ContinueWith(t => t.IsCompletedSuccessfully ? t.Result.Server : null, TaskScheduler.Default).WaitAsync(Deadline.Generous);
            Assert.Equal(answered ? "a" : null, server);
            Assert.True(question.IsOver);
        }
    }

    private static OneDecision[] Answered(int count) => [.. Enumerable.Range(1, count).Select(i =>
    {
        var question = new OneDecision((ulong)i, new BalanceRequest(), 0);
        Assert.True(question.Take(Answer("a")));
        return question;
    })];

    private static BalanceStreamAnswer Answer(string server) => new() { Decisions = { new BalanceResponse { Server = server } } };
}
