using System.Net;
using Athena.Client;
using Athena.Testing;
using Athena.V1;
using Grpc.Core;
using Microsoft.Extensions.Options;

namespace Athena.Client.Tests;

/// <summary>The client against a real service.</summary>
public sealed class AthenaClientTests
{
    [Fact]
    public async Task It_asks_reports_and_sets()
    {
        await using var athena = await AthenaHost.WithAsync("web", "a", "b");
        using var client = Patient(athena.GrpcAddress.ToString());
        var decision = await client.BalanceAsync(new BalanceRequest { Farm = "web", Lease = true });
        Assert.Equal("a", decision.Server);
        Assert.Equal(OutcomeResult.Recorded, await client.ReportOutcomeAsync(decision.DecisionId, OutcomeKind.Success, TimeSpan.FromMilliseconds(5)));
        await client.UpdateStatsAsync("a", [new("cpu", 12.5)]);
        Assert.Equal(12.5, (await athena.Stats.GetStatsAsync(new() { Server = "a" })).Stats["cpu"].Value);
        await client.SetMemberStateAsync(new() { Server = "a", State = AdminState.Off });
        Assert.Equal("b", (await client.BalanceAsync("web")).Server);
    }

    [Fact]
    public async Task An_answer_without_server_is_an_exception_with_its_reason()
    {
        await using var athena = await AthenaHost.WithAsync("web", "a");
        using var client = Patient(athena.GrpcAddress.ToString());
        var error = await Assert.ThrowsAsync<AthenaException>(() => client.BalanceAsync("wep"));
        Assert.Equal((StatusCode.NotFound, "FARM_NOT_FOUND", "web"), (error.StatusCode, error.Reason, error.Metadata["suggestion"]));
    }

    [Fact]
    public async Task A_service_that_is_not_there_is_an_exception_without_reason()
    {
        using var client = Patient("http://127.0.0.1:9");
        var error = await Assert.ThrowsAsync<AthenaException>(() => client.BalanceAsync("web"));
        Assert.Equal((StatusCode.Unavailable, ""), (error.StatusCode, error.Reason));
    }

    [Fact]
    public async Task A_dead_replica_is_passed_over()
    {
        await using var athena = await AthenaHost.WithAsync("web", "a");
        using var client = Patient("http://127.0.0.1:9", athena.GrpcAddress.ToString());
        Assert.Equal("a", (await client.BalanceAsync("web")).Server);
    }

    [Fact]
    public async Task A_unix_socket_serves_as_well()
    {
        var socket = Path.Combine(Path.GetTempPath(), $"athena-{Guid.NewGuid():N}.sock");
        await using var athena = await AthenaHost.StartAsync(Fleets.Of("web", "a"), $"--Kestrel:Endpoints:Socket:Url=http://unix:{socket}", "--Kestrel:Endpoints:Socket:Protocols=Http2");
        using var client = Patient($"unix:{socket}");
        Assert.Equal("a", (await client.BalanceAsync("web")).Server);
    }

    [Theory]
    [InlineData("nowhere")]
    [InlineData("ftp://host")]
    [InlineData("unix:/a.sock", "http://host")]
    public void An_address_that_is_none_is_named(params string[] addresses) =>
        Assert.Contains(addresses[0], Assert.Throws<OptionsValidationException>(() => new AthenaClient(new AthenaClientOptions { Addresses = addresses }).Dispose()).Message.Replace("a unix socket must", "unix:/a.sock", StringComparison.Ordinal), StringComparison.Ordinal);

    /// <summary>One that waits longer than a slow machine needs: these tests are no measurement.</summary>
    private static AthenaClient Patient(params string[] addresses) => new(new AthenaClientOptions { Addresses = addresses, Timeout = Deadline.Generous });
}
