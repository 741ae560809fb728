using Athena.Testing;
using Athena.V1;

namespace Athena.Integration.Tests;

/// <summary>Many decisions on one stream.</summary>
public sealed class StreamTests
{
    [Fact]
    public async Task What_one_answer_held_does_not_come_back_in_a_later_one()
    {
        await using var athena = await AthenaHost.StartAsync(new
        {
            Servers = new { a = new { Address = "http://127.0.0.1:9001" }, b = new { Address = "http://127.0.0.1:9002" } },
            Farms = new
            {
                web = new { Members = new { a = new { }, b = new { } } },
                down = new { Members = new { }, Forward = new { Down = "web" } },
                away = new { Members = new { }, Forward = new { Down = "https://sorry.example/" } },
            },
        });
        using var stream = athena.Balancer.BalanceStream(cancellationToken: Deadline.Token());
        async Task<BalanceStreamAnswer> AskAsync(BalanceRequest request)
        {
            await stream.RequestStream.WriteAsync(new() { Questions = { new BalanceQuestion { Id = 1, Request = request } } });
            Assert.True(await stream.ResponseStream.MoveNext(Deadline.Token()));
            return Assert.Single(stream.ResponseStream.Current.Answers);
        }
        for (var round = 0; round < 2; round++)
        {
            var rich = Assert.Single((await AskAsync(new() { Farm = "down", Alternates = 1, Explain = true, Lease = true, Seed = 5 })).Decisions);
            Assert.True(rich is { Forwarded: true, Hops.Count: 1, Alternates.Count: 1, Explanation: not null, Lease: not null });
            Assert.Equal("https://sorry.example/", Assert.Single((await AskAsync(new() { Farm = "away" })).Decisions).Url);
            Assert.Equal("FARM_NOT_FOUND", (await AskAsync(new() { Farm = "wep" })).Error.GetDetail<Google.Rpc.ErrorInfo>()!.Reason);
            var pinned = Assert.Single((await AskAsync(new() { Farm = "web", PinnedServer = "b" })).Decisions);
            Assert.True(pinned is { Pinned: true, Server: "b" });
            var plain = await AskAsync(new() { Farm = "web", Exclude = { "b" } });
            Assert.Null(plain.Error);
            var decision = Assert.Single(plain.Decisions);
            Assert.Equal(
                new BalanceResponse { DecisionId = decision.DecisionId, Farm = "web", Server = "a", Address = "http://127.0.0.1:9001", Revision = decision.Revision, Seed = decision.Seed },
                decision);
        }
    }

    [Fact]
    public async Task A_caller_who_reads_no_answers_is_read_no_further_and_gets_them_all_in_the_end()
    {
        const int AtOnce = 1000;
        const int Most = 400;
        await using var athena = await AthenaHost.WithAsync("web", "a");
        using var stream = athena.Balancer.BalanceStream(cancellationToken: Deadline.Token());
        var message = new BalanceStreamRequest { Questions = { Enumerable.Range(1, AtOnce).Select(i => new BalanceQuestion { Id = (ulong)i, Request = new() { Farm = "web", HashKey = "key" } }) } };
        var (sent, writing) = (0, Task.CompletedTask);
        // 30 MB of answers, were they all taken. A write that still waits after 300 other calls were answered waits for us.
        for (; sent < Most && writing.IsCompleted; sent++)
        {
            await writing;
            writing = stream.RequestStream.WriteAsync(message);
            for (var others = 0; others < 300 && !writing.IsCompleted; others++)
            {
                await athena.Balancer.BalanceAsync(new() { Farm = "web" });
            }
        }
        Assert.False(writing.IsCompleted, $"{sent} messages of {AtOnce} questions were taken though nobody read an answer");
        var ended = EndAsync();
        var answers = 0;
        while (await stream.ResponseStream.MoveNext(Deadline.Token()))
        {
            answers += stream.ResponseStream.Current.Answers.Count;
        }
        await ended;
        Assert.Equal(sent * AtOnce, answers);

        async Task EndAsync()
        {
            await writing;
            await stream.RequestStream.CompleteAsync();
        }
    }
}
