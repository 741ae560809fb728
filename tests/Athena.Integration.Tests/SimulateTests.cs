using System.Text.Json;
using Athena.Testing;
using Athena.V1;
using Google.Protobuf.WellKnownTypes;
using Google.Rpc;
using Grpc.Core;

namespace Athena.Integration.Tests;

/// <summary>What would be, and that nothing is.</summary>
public sealed class SimulateTests(ServiceFixture fixture) : IClassFixture<ServiceFixture>
{
    private readonly AthenaHost _athena = fixture.Athena;

    [Fact]
    public async Task A_server_off_moves_its_share_and_nothing_real_changes()
    {
        var before = await EverythingAsync();
        var response = await _athena.Fleet.SimulateAsync(new SimulateRequest
        {
            Farm = "web",
            Decisions = 3000,
            Overrides = { new MemberOverride { Server = "b", State = AdminState.Off } },
        });
        Assert.Equal(3000u, response.Decisions);
        var gone = response.Shares.Single(s => s.Target == "b");
        Assert.Equal((0u, 0.0), (gone.Count, gone.Share));
        Assert.InRange(gone.ShareNow, 0.01, 1);
        Assert.Equal(1, response.Shares.Sum(s => s.Share), 6);
        Assert.InRange(response.LargestChange, gone.ShareNow - 1e-9, 1);
        Assert.Equal(before, await EverythingAsync());
    }

    [Fact]
    public async Task Json_simulates_as_well()
    {
        var answer = await _athena.PostJsonAsync("/v1/farms/web:simulate", """
            { "decisions": 100, "policy": { "name": "random" }, "overrides": [ { "server": "a", "weight": 0, "stats": { "cpu": 5 } } ],
              "load": { "decisionsPerSecond": 50, "hold": "0.5s" } }
            """);
        var json = JsonDocument.Parse(await answer.Content.ReadAsStringAsync()).RootElement;
        Assert.Equal(100, json.GetProperty("decisions").GetInt32());
        Assert.DoesNotContain(json.GetProperty("shares").EnumerateArray(), s => s.GetProperty("target").GetString() == "a" && s.TryGetProperty("count", out _));
    }

    [Fact]
    public async Task A_hundred_thousand_decisions_are_made_and_more_are_refused()
    {
        var response = await _athena.Fleet.SimulateAsync(new SimulateRequest { Farm = "web", Decisions = 100_000 });
        Assert.Equal(100_000u, (uint)response.Shares.Sum(s => s.Count) + response.Failed);
        await AssertRefusedAsync(new SimulateRequest { Farm = "web", Decisions = 100_001 }, "decisions");
    }

    [Fact]
    public async Task When_everybody_is_off_failures_are_told_by_reason()
    {
        var farm = (await _athena.Fleet.GetFarmAsync(new GetFarmRequest { Farm = "web" })).Farm;
        var response = await _athena.Fleet.SimulateAsync(new SimulateRequest
        {
            Farm = "web",
            Decisions = 10,
            Overrides = { farm.Members.Select(m => new MemberOverride { Server = m.Server, Health = HealthState.Down }) },
        });
        Assert.Equal((10u, 0u), (response.Failed, response.FailedNow));
        Assert.Equal(("NO_AVAILABLE_MEMBER", 10u), (response.Failures.Single().Reason, response.Failures.Single().Count));
    }

    [Fact]
    public async Task What_is_wrong_is_told_by_field()
    {
        await AssertRefusedAsync(new SimulateRequest { Farm = "web", Policy = new Policy { Name = "nonsense" } }, "policy.name");
        var parameters = new Struct { Fields = { ["Choices"] = Value.ForNumber(1000) } };
        await AssertRefusedAsync(new SimulateRequest { Farm = "web", Policy = new Policy { Name = "least_requests", Parameters = parameters } }, "policy.parameters.Choices");
        await AssertRefusedAsync(new SimulateRequest { Farm = "web", Overrides = { new MemberOverride { Server = "app77" } } }, "overrides[0].server");
        await AssertRefusedAsync(new SimulateRequest { Farm = "web", Overrides = { new MemberOverride { Server = "a", Stats = { ["cpu"] = -1 } } } }, "overrides[0].stats[\"cpu\"]");
        await AssertRefusedAsync(new SimulateRequest { Farm = "web", Load = new SimulatedLoad() }, "load.decisions_per_second");
        await AssertRefusedAsync(new SimulateRequest { Farm = "web", Request = new BalanceRequest { HashKey = new string('x', 2000) } }, "request.hash_key");
        var (code, info) = await Errors.OfAsync(_athena.Fleet.SimulateAsync(new SimulateRequest { Farm = "wed" }));
        Assert.Equal((StatusCode.NotFound, "FARM_NOT_FOUND", "web"), (code, info.Reason, info.Metadata["suggestion"]));
    }

    [Fact]
    public async Task A_bad_formula_is_told_with_its_position()
    {
        Policy Formula(string score) => new() { Name = "expression", Parameters = new Struct { Fields = { ["Score"] = Value.ForString(score) } } };
        var error = await Assert.ThrowsAsync<RpcException>(async () => await _athena.Fleet.SimulateAsync(new SimulateRequest { Farm = "web", Policy = Formula("load + ") }));
        Assert.Equal("EXPRESSION_INVALID", error.GetRpcStatus()!.GetDetail<ErrorInfo>().Reason);
        var violation = Assert.Single(error.GetRpcStatus()!.GetDetail<BadRequest>().FieldViolations);
        Assert.Equal("policy.parameters.Score", violation.Field);
        Assert.Contains("column", violation.Description, StringComparison.Ordinal);
        Assert.Equal(100u, (await _athena.Fleet.SimulateAsync(new SimulateRequest { Farm = "web", Decisions = 100, Policy = Formula("in_flight + 1") })).Decisions);
    }

    [Fact]
    public async Task A_simulation_that_its_caller_gave_up_makes_room_for_the_next()
    {
        // One report and one refresh a decision: as long as a simulation can be.
        var request = new SimulateRequest { Farm = "web", Decisions = 100_000, Load = new SimulatedLoad { DecisionsPerSecond = 0.001 } };
        using (var ending = new CancellationTokenSource())
        {
            var running = _athena.Fleet.SimulateAsync(request, cancellationToken: ending.Token);
            await ending.CancelAsync();
            await Assert.ThrowsAnyAsync<RpcException>(async () => await running);
        }
        await Deadline.UntilAsync(() => _athena.Http.PostAsync("/v1/farms/web:simulate", new StringContent("{}", System.Text.Encoding.UTF8, "application/json")), answer => answer.IsSuccessStatusCode);
    }

    [Fact]
    public async Task A_change_that_is_only_checked_shows_what_it_would_do()
    {
        var before = await EverythingAsync();
        var member = await _athena.Fleet.SetMemberStateAsync(new SetMemberStateRequest { Server = "a", State = AdminState.Off, ValidateOnly = true });
        var outcome = member.Preview.Farms.Single(f => f.Farm == "web").Outcome;
        var share = outcome.Shares.Single(s => s.Target == "a");
        Assert.Equal(0, share.Share);
        Assert.InRange(share.ShareNow, 0.01, 1);
        var farm = await _athena.Fleet.SetFarmStateAsync(new SetFarmStateRequest { Farm = "web", State = AdminState.Off, ValidateOnly = true });
        Assert.Equal(1000u, farm.Preview.Farms.Single().Outcome.Decisions);
        Assert.NotEmpty((await _athena.Fleet.SetEngineStateAsync(new SetEngineStateRequest { State = AdminState.Off, ValidateOnly = true })).Preview.Farms);
        var forward = await _athena.Fleet.SetForwardAsync(new SetForwardRequest { Farm = "web", Forwards = new Forwards { Off = "https://sorry.example/" }, ValidateOnly = true });
        Assert.Equal(0, forward.Preview.Farms.Single().Outcome.LargestChange, 0.2);
        Assert.Equal(before, await EverythingAsync());
    }

    private async Task AssertRefusedAsync(SimulateRequest request, string field)
    {
        var error = await Assert.ThrowsAsync<RpcException>(async () => await _athena.Fleet.SimulateAsync(request));
        Assert.Equal(StatusCode.InvalidArgument, error.StatusCode);
        Assert.Contains(field, error.GetRpcStatus()!.GetDetail<BadRequest>().FieldViolations.Select(v => v.Field));
    }

    /// <summary>Every server with its counters and states, and the revision.</summary>
    private async Task<string> EverythingAsync() => (await _athena.Fleet.ListServersAsync(new ListServersRequest())).ToString()
        + (await _athena.Fleet.ListFarmsAsync(new ListFarmsRequest())).ToString();
}
