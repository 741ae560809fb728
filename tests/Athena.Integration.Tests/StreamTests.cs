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
}
