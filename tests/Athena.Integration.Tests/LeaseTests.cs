using Athena.Testing;
using Athena.V1;
using Google.Rpc;
using Grpc.Core;

namespace Athena.Integration.Tests;

public sealed class LeaseTests
{
    [Fact]
    public async Task A_lease_is_in_flight_until_its_outcome_which_counts_once()
    {
        await using var athena = await AthenaHost.WithAsync("web", "a");
        var decision = await athena.Balancer.BalanceAsync(new() { Farm = "web", Lease = true });
        Assert.Equal(60, decision.Lease.Timeout.Seconds);
        Assert.Equal(1, await InFlightAsync(athena));
        Assert.Equal(OutcomeResult.Recorded, await ReportAsync(athena, decision.DecisionId));
        Assert.Equal(0, await InFlightAsync(athena));
        Assert.Equal(OutcomeResult.AlreadyReported, await ReportAsync(athena, decision.DecisionId));
        Assert.Equal(OutcomeResult.Unknown, await ReportAsync(athena, 42));
        Assert.Equal(OutcomeResult.Unknown, await ReportAsync(athena, ulong.MaxValue));
        var unleased = await athena.Balancer.BalanceAsync(new() { Farm = "web" });
        Assert.Null(unleased.Lease);
        Assert.Equal(OutcomeResult.Unknown, await ReportAsync(athena, unleased.DecisionId));
        Assert.Equal(0, await InFlightAsync(athena));
    }

    [Fact]
    public async Task A_lease_without_outcome_expires_and_a_late_outcome_is_told_so()
    {
        await using var athena = await AthenaHost.WithAsync("web", "a");
        var decision = await athena.Balancer.BalanceAsync(new() { Farm = "web", Lease = true, LeaseTimeout = new() { Nanos = 1_000_000 } });
        await Deadline.UntilAsync(() => InFlightAsync(athena), inFlight => inFlight == 0);
        Assert.Equal(OutcomeResult.Expired, await ReportAsync(athena, decision.DecisionId));
    }

    [Fact]
    public async Task An_outcome_may_bring_the_servers_load_with_it()
    {
        await using var athena = await AthenaHost.WithAsync("web", "a");
        var decision = await athena.Balancer.BalanceAsync(new() { Farm = "web", Lease = true });
        var json = $$$"""{"decisionId":"{{{decision.DecisionId}}}","kind":"OUTCOME_KIND_SUCCESS","latency":"0.25s","load":{"cpuUtilization":0.5}}""";
        var response = await athena.PostJsonAsync("/v1/outcomes", json);
        Assert.Equal("""{"result":"OUTCOME_RESULT_RECORDED"}""", await response.Content.ReadAsStringAsync());
        Assert.Equal(0.5, (await athena.Stats.GetStatsAsync(new() { Server = "a" })).Stats["cpu_utilization"].Value);
    }

    [Fact]
    public async Task An_outcome_that_is_none_is_refused_and_the_lease_stays()
    {
        await using var athena = await AthenaHost.WithAsync("web", "a");
        var id = (await athena.Balancer.BalanceAsync(new() { Farm = "web", Lease = true })).DecisionId;
        Assert.Equal("INVALID_FIELD", (await Errors.OfAsync(athena.Balancer.ReportOutcomeAsync(new() { Outcome = new() { DecisionId = id } }))).Info.Reason);
        Assert.Equal("INVALID_FIELD", (await Errors.OfAsync(athena.Balancer.ReportOutcomeAsync(new() { Outcome = new() { DecisionId = id, Kind = OutcomeKind.Success, Latency = new() { Seconds = -1 } } }))).Info.Reason);
        Assert.Equal("INVALID_FIELD", (await Errors.OfAsync(athena.Balancer.ReportOutcomeAsync(new()))).Info.Reason);
        Assert.Equal(1, await InFlightAsync(athena));
    }

    [Fact]
    public async Task A_load_with_a_fault_is_refused_and_the_lease_ends_all_the_same()
    {
        await using var athena = await AthenaHost.WithAsync("web", "a");
        var load = new LoadReport { CpuUtilization = 0.5, Eps = double.NaN };
        var id = (await athena.Balancer.BalanceAsync(new() { Farm = "web", Lease = true })).DecisionId;
        Assert.Equal("STAT_REJECTED", (await Errors.OfAsync(athena.Balancer.ReportOutcomeAsync(new() { Outcome = new() { DecisionId = id, Kind = OutcomeKind.Success, Load = load } }))).Info.Reason);
        Assert.Equal(0, await InFlightAsync(athena));
        // And on a stream, where an outcome that is none leaves its lease to the end of the stream.
        using (var stream = athena.Balancer.BalanceStream(cancellationToken: Deadline.Token()))
        {
            await stream.RequestStream.WriteAsync(new() { Questions = { new BalanceQuestion { Id = 1, Request = new() { Farm = "web", Lease = true }, Count = 2 } } });
            Assert.True(await stream.ResponseStream.MoveNext(Deadline.Token()));
            var made = stream.ResponseStream.Current.Answers.Single().Decisions;
            await stream.RequestStream.WriteAsync(new() { Outcomes = { new Outcome { DecisionId = made[0].DecisionId, Kind = OutcomeKind.Success, Load = load }, new Outcome { DecisionId = made[1].DecisionId } } });
            Assert.True(await stream.ResponseStream.MoveNext(Deadline.Token()));
            Assert.Equal(made[1].DecisionId, stream.ResponseStream.Current.RejectedOutcomes.Single().DecisionId);
            Assert.Equal(1, await InFlightAsync(athena));
            await stream.RequestStream.CompleteAsync();
        }
        await Deadline.UntilAsync(() => InFlightAsync(athena), inFlight => inFlight == 0);
        Assert.Empty((await athena.Stats.GetStatsAsync(new() { Server = "a" })).Stats);
        Assert.Matches("athena_stats_rejected_total\\S* 2", await athena.Http.GetStringAsync("/metrics"));
    }

    [Fact]
    public async Task A_stream_answers_many_questions_and_its_leases_end_with_it()
    {
        await using var athena = await AthenaHost.WithAsync("web", "a", "b");
        using (var stream = athena.Balancer.BalanceStream(cancellationToken: Deadline.Token()))
        {
            await stream.RequestStream.WriteAsync(new()
            {
                Questions =
                {
                    new BalanceQuestion { Id = 7, Request = new() { Farm = "web", Lease = true }, Count = 10 },
                    new BalanceQuestion { Id = 8, Request = new() { Farm = "wob" } },
                },
            });
            Assert.True(await stream.ResponseStream.MoveNext(Deadline.Token()));
            var answers = stream.ResponseStream.Current.Answers.ToDictionary(a => a.Id);
            Assert.Equal(10, answers[7].Decisions.Count);
            Assert.Equal(5, answers[7].Decisions.Count(d => d.Server == "a"));
            Assert.Equal((int)StatusCode.NotFound, answers[8].Error.Code);
            Assert.Equal(5, await InFlightAsync(athena));

            var own = answers[7].Decisions.First(d => d.Server == "a").DecisionId;
            await stream.RequestStream.WriteAsync(new()
            {
                Outcomes = { new Outcome { DecisionId = own, Kind = OutcomeKind.Success }, new Outcome { DecisionId = 42, Kind = OutcomeKind.Success } },
            });
            Assert.True(await stream.ResponseStream.MoveNext(Deadline.Token()));
            Assert.Equal(new RejectedOutcome { DecisionId = 42, Result = OutcomeResult.Unknown }, Assert.Single(stream.ResponseStream.Current.RejectedOutcomes));
            Assert.Equal(4, await InFlightAsync(athena));
        }
        await Deadline.UntilAsync(() => InFlightAsync(athena), inFlight => inFlight == 0);
    }

    [Fact]
    public async Task Failures_in_one_farm_eject_there_whatever_works_in_another()
    {
        await using var athena = await AthenaHost.StartAsync(new
        {
            Servers = new { a = new { Address = "http://127.0.0.1:9001" }, b = new { Address = "http://127.0.0.1:9002" } },
            Farms = new
            {
                web = new { Members = new { a = new { }, b = new { } }, Ejection = new { ConsecutiveFailures = 5 } },
                other = new { Members = new { a = new { }, b = new { } }, Ejection = new { ConsecutiveFailures = 5 } },
            },
        });
        for (var i = 0; i < 5; i++)
        {
            foreach (var (farm, kind) in new[] { ("web", OutcomeKind.ServerError), ("other", OutcomeKind.Success) })
            {
                var decision = await athena.Balancer.BalanceAsync(new() { Farm = farm, Lease = true, Exclude = { "b" } });
                await athena.Balancer.ReportOutcomeAsync(new() { Outcome = new() { DecisionId = decision.DecisionId, Kind = kind } });
            }
        }
        await Deadline.UntilAsync(async () => (await athena.Fleet.GetFarmAsync(new() { Farm = "web" })).Farm.AvailableMembers, available => available == 1);
        Assert.Equal("b", (await athena.Balancer.BalanceAsync(new() { Farm = "web" })).Server);
        Assert.Equal(2U, (await athena.Fleet.GetFarmAsync(new() { Farm = "other" })).Farm.AvailableMembers);
    }

    [Fact]
    public async Task A_server_and_a_farm_take_no_more_than_their_limits()
    {
        await using var athena = await AthenaHost.StartAsync(new
        {
            Servers = new { a = new { Address = "http://127.0.0.1:9001", MaxInFlight = 1 }, b = new { Address = "http://127.0.0.1:9002" } },
            Farms = new { web = new { Members = new { a = new { }, b = new { } }, MaxInFlight = 3 }, one = new { Members = new { a = new { } } } },
        });
        var leased = new BalanceRequest { Farm = "web", Lease = true, Priority = PriorityClass.High };
        var servers = new List<string>();
        for (var i = 0; i < 3; i++)
        {
            if (i == 2)
            {
                // Two of three is all that lower classes may have: parts of a capacity are rounded down.
                var refused = await Assert.ThrowsAsync<RpcException>(async () => await athena.Balancer.BalanceAsync(new() { Farm = "web", Lease = true, Priority = PriorityClass.Low }));
                Assert.Equal((StatusCode.ResourceExhausted, "2"), (refused.StatusCode, refused.GetRpcStatus()!.GetDetail<ErrorInfo>()!.Metadata["limit"]));
                Assert.True(refused.GetRpcStatus()!.GetDetail<RetryInfo>()!.RetryDelay.ToTimeSpan() > TimeSpan.Zero);
            }
            servers.Add((await athena.Balancer.BalanceAsync(leased)).Server);
        }
        Assert.Equal(["a", "b", "b"], servers.Order());
        var (code, info) = await Errors.OfAsync(athena.Balancer.BalanceAsync(leased));
        Assert.Equal((StatusCode.ResourceExhausted, "FARM_OVER_CAPACITY", "3", "3"), (code, info.Reason, info.Metadata["inFlight"], info.Metadata["limit"]));
        (_, info) = await Errors.OfAsync(athena.Balancer.BalanceAsync(new() { Farm = "one" }));
        Assert.Equal(("NO_AVAILABLE_MEMBER", "1"), (info.Reason, info.Metadata["full"]));
    }

    private static async Task<OutcomeResult> ReportAsync(AthenaHost athena, ulong decision) =>
        (await athena.Balancer.ReportOutcomeAsync(new() { Outcome = new() { DecisionId = decision, Kind = OutcomeKind.Success } })).Result;

    private static async Task<long> InFlightAsync(AthenaHost athena) => (await athena.Stats.GetStatsAsync(new() { Server = "a" })).InFlight;
}
