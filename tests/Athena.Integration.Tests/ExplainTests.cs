using System.Text.Json;
using Athena.Client;
using Athena.Testing;
using Athena.V1;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;

namespace Athena.Integration.Tests;

/// <summary>A decision explains itself, over gRPC and JSON.</summary>
public sealed class ExplainTests
{
    private static readonly object LeastLoad = new
    {
        Servers = new { a = new { Address = "http://127.0.0.1:9001" }, b = new { Address = "http://127.0.0.1:9002" }, c = new { Address = "http://127.0.0.1:9003" } },
        Farms = new { web = new { Policy = new { Name = "least_load", Statistic = "cpu", Pick = "best" }, Members = new { a = new { Weight = 2 }, b = new { }, c = new { } } } },
    };

    [Fact]
    public async Task Who_switched_a_server_off_and_what_the_chosen_one_scored_is_told()
    {
        await using var athena = await AthenaHost.StartAsync(LeastLoad);
        foreach (var (server, cpu) in new[] { ("a", 3.0), ("b", 9.0) })
        {
            await athena.Stats.UpdateStatsAsync(new UpdateStatsRequest { Server = server, Stats = { ["cpu"] = cpu } });
        }
        var until = DateTimeOffset.UtcNow.AddHours(2);
        await athena.Fleet.SetMemberStateAsync(new SetMemberStateRequest { Server = "c", State = AdminState.Off, Actor = "ann", Reason = "disk", UntilTime = Timestamp.FromDateTimeOffset(until) });
        var decision = await athena.Balancer.BalanceAsync(new BalanceRequest { Farm = "web", Explain = true, Exclude = { "b" } });
        Assert.Equal("a", decision.Server);
        var told = decision.Explanation;
        Assert.Equal(("least_load", "best"), (told.Policy, told.Rule));
        var (a, b, c) = (told.Members[0], told.Members[1], told.Members[2]);
        Assert.True(a is { Chosen: true, Eligible: true, Score: 1.5, Weight: 2 });
        var cpuOfA = a.Terms.Single(t => t.Name == "cpu");
        Assert.Equal(3, cpuOfA.Value);
        Assert.NotNull(cpuOfA.Age);
        Assert.True(b is { Eligible: false, Excluded: true });
        var cause = Assert.Single(c.Causes);
        Assert.Equal((CauseKind.Off, "ann", "disk"), (cause.Kind, cause.Actor, cause.Reason));
        Assert.Equal(until, cause.UntilTime.ToDateTimeOffset(), TimeSpan.FromSeconds(1));
        Assert.Contains("off by ann", ExplanationText.Of(decision), StringComparison.Ordinal);
        var unasked = await athena.Balancer.BalanceAsync(new BalanceRequest { Farm = "web" });
        Assert.Null(unasked.Explanation);
    }

    [Fact]
    public async Task Json_explains_by_a_parameter()
    {
        await using var athena = await AthenaHost.WithAsync("web", "a", "b");
        var json = await athena.GetJsonAsync("/v1/farms/web:balance?explain=true&exclude=b");
        var told = json.GetProperty("explanation");
        Assert.Equal("round_robin", told.GetProperty("policy").GetString());
        Assert.Contains(told.GetProperty("rule").GetString(), new[] { "turn", "share_of_turn" });
        var members = told.GetProperty("members").EnumerateArray().ToArray();
        Assert.True(members[0].GetProperty("chosen").GetBoolean());
        Assert.True(members[1].GetProperty("excluded").GetBoolean());
    }

    [Fact]
    public async Task Many_and_streams_explain_as_well_within_a_bound()
    {
        await using var athena = await AthenaHost.WithAsync("web", "a", "b");
        var question = new BalanceRequest { Farm = "web", Explain = true };
        var many = await athena.Balancer.BalanceManyAsync(new BalanceManyRequest { Requests = { question, new BalanceRequest { Farm = "web" } } });
        Assert.Equal(2, many.Answers[0].Decision.Explanation.Members.Count);
        Assert.Null(many.Answers[1].Decision.Explanation);
        using var stream = athena.Balancer.BalanceStream();
        await stream.RequestStream.WriteAsync(new BalanceStreamRequest { Questions = { new BalanceQuestion { Id = 1, Request = question, Count = 3 } } });
        Assert.True(await stream.ResponseStream.MoveNext(CancellationToken.None));
        Assert.All(stream.ResponseStream.Current.Answers[0].Decisions, d => Assert.Equal(2, d.Explanation.Members.Count));
        var (code, info) = await Errors.OfAsync(athena.Balancer.BalanceManyAsync(new BalanceManyRequest { Requests = { Enumerable.Repeat(question, 101) } }));
        Assert.Equal((StatusCode.InvalidArgument, "INVALID_FIELD"), (code, info.Reason));
    }

    [Fact]
    public async Task A_lease_and_a_pin_are_as_without_explanation()
    {
        await using var athena = await AthenaHost.WithAsync("web", "a", "b");
        var decision = await athena.Balancer.BalanceAsync(new BalanceRequest { Farm = "web", Explain = true, PinnedServer = "b", Lease = true });
        Assert.Equal(("b", "pinned", true), (decision.Server, decision.Explanation.Rule, decision.Explanation.Members[1].Chosen));
        var server = await athena.Fleet.GetServerAsync(new GetServerRequest { Server = "b" });
        Assert.Equal((1, 1), (server.Server.InFlight, server.Server.Chosen));
    }
}
