using Athena.Testing;
using Athena.V1;
using Grpc.Core;

namespace Athena.Integration.Tests;

/// <summary>Farms and servers made, changed and removed at run time, through the public ports.</summary>
public sealed class FleetTests
{
    private static readonly string[] Memory = ["--Athena:Store:Kind=memory"];

    [Fact]
    public async Task A_farm_made_at_run_time_is_decided_at_once()
    {
        await using var athena = await AthenaHost.WithAsync("web", "a");
        await athena.Fleet.CreateServerAsync(new() { Server = new() { Name = "extra", Address = "http://127.0.0.1:9100", Labels = { ["zone"] = "b" } }, Actor = "ann" });
        var made = await athena.Fleet.CreateFarmAsync(new() { Farm = new() { Name = "Shop", Policy = new() { Name = "random" }, Members = { new Member { Server = "extra", Weight = 3 } } } });

        Assert.Equal((Origin.Created, 3u, "random"), (made.Farm.Origin, made.Farm.Members[0].Weight, made.Farm.Policy.Name));
        Assert.Equal("extra", (await athena.Balancer.BalanceAsync(new() { Farm = "shop" })).Server);
        Assert.Equal(ChangeKind.Created, (await athena.Fleet.ListChangesAsync(new())).Changes[0].Kind);
        Assert.Equal("ann", (await athena.Fleet.ListChangesAsync(new())).Changes[1].Actor);
    }

    [Fact]
    public async Task Weights_changed_at_run_time_survive_a_reload_that_changes_the_rest()
    {
        await using var athena = await AthenaHost.StartAsync(Fleets.Of("web", "a", "b"), Memory);
        var changed = await athena.Fleet.UpdateFarmAsync(new()
        {
            Farm = new() { Name = "web", Members = { new Member { Server = "a", Weight = 7 }, new Member { Server = "b" } } },
            UpdateMask = new() { Paths = { "members" } },
        });
        Assert.Equal(Origin.Changed, changed.Farm.Origin);

        var more = Fleets.Of("web", "a", "b", "c");
        await athena.ConfigureAsync(more);
        var farm = await FarmAsync(athena, f => f.Members.Count == 3);
        Assert.Equal([7u, 1u, 1u], farm.Members.Select(m => m.Weight));

        var back = await athena.Fleet.UpdateFarmAsync(new() { Farm = new() { Name = "web" }, AsConfigured = true });
        Assert.Equal((Origin.Configured, 1u), (back.Farm.Origin, back.Farm.Members[0].Weight));
        Assert.Equal("NOT_CONFIGURED", await CreatedIsNotConfiguredAsync(athena));
    }

    [Fact]
    public async Task Masks_change_what_they_name_and_nothing_else()
    {
        await using var athena = await AthenaHost.WithAsync("web", "a");
        await athena.Fleet.UpdateServerAsync(new() { Server = new() { Name = "a", MaxInFlight = 9, Labels = { ["zone"] = "x" } } });
        var one = (await athena.Fleet.UpdateServerAsync(new() { Server = new() { Name = "a", MaxInFlight = 5 }, UpdateMask = new() { Paths = { "labels" } } })).Server;
        Assert.Equal((9u, 0, "http://127.0.0.1:9001"), (one.MaxInFlight, one.Labels.Count, one.Address));

        var all = (await athena.Fleet.UpdateServerAsync(new() { Server = new() { Name = "a", Address = "http://127.0.0.1:9055" }, UpdateMask = new() { Paths = { "*" } } })).Server;
        Assert.Equal((0u, "http://127.0.0.1:9055"), (all.MaxInFlight, all.Address));

        foreach (var path in new[] { "status", "name", "nonsense", "check.nonsense" })
        {
            var (code, reason) = Plain(await Errors.OfAsync(athena.Fleet.UpdateServerAsync(new() { Server = new() { Name = "a" }, UpdateMask = new() { Paths = { path } } })));
            Assert.Equal((StatusCode.InvalidArgument, "INVALID_FIELD"), (code, reason));
        }
    }

    [Fact]
    public async Task What_cannot_be_made_says_why()
    {
        await using var athena = await AthenaHost.WithAsync("web", "a");
        var farm = new Farm { Name = "shop", Policy = new() { Name = "least_lood" }, Members = { new Member { Server = "aa" } }, Forwards = new() { Down = "nowhere" } };
        var error = await Assert.ThrowsAsync<RpcException>(async () => await athena.Fleet.CreateFarmAsync(new() { Farm = farm }));
        var fields = error.GetRpcStatus()!.GetDetail<Google.Rpc.BadRequest>()!.FieldViolations.Select(v => v.Field).Order();
        Assert.Equal(["farm.forwards.down", "farm.members.aa", "farm.policy.name"], fields);

        Assert.Equal((StatusCode.AlreadyExists, "ALREADY_EXISTS"), Plain(await Errors.OfAsync(athena.Fleet.CreateFarmAsync(new() { Farm = new() { Name = "WEB" } }))));
        Assert.Equal((StatusCode.NotFound, "FARM_NOT_FOUND"), Plain(await Errors.OfAsync(athena.Fleet.UpdateFarmAsync(new() { Farm = new() { Name = "shop" } }))));
        Assert.Equal((StatusCode.FailedPrecondition, "CONFIGURED"), Plain(await Errors.OfAsync(athena.Fleet.DeleteFarmAsync(new() { Farm = "web" }))));
        Assert.Equal((StatusCode.Aborted, "REVISION_MISMATCH"), Plain(await Errors.OfAsync(athena.Fleet.CreateFarmAsync(new() { Farm = new() { Name = "shop" }, ExpectedRevision = 1 }))));
        var before = (await athena.Fleet.ListFarmsAsync(new())).Revision;
        Assert.Equal("shop", (await athena.Fleet.CreateFarmAsync(new() { Farm = new() { Name = "shop" }, ValidateOnly = true })).Farm.Name);
        Assert.Equal(before, (await athena.Fleet.ListFarmsAsync(new())).Revision);
    }

    [Fact]
    public async Task What_others_refer_to_is_not_removed_until_they_let_go()
    {
        await using var athena = await AthenaHost.WithAsync("web", "a");
        await athena.Fleet.CreateServerAsync(new() { Server = new() { Name = "extra", Address = "http://127.0.0.1:9100" } });
        await athena.Fleet.CreateFarmAsync(new() { Farm = new() { Name = "shop", Members = { new Member { Server = "extra" } } } });
        await athena.Fleet.SetForwardAsync(new() { Farm = "web", Forwards = new() { Down = "shop" } });

        var server = await Assert.ThrowsAsync<RpcException>(async () => await athena.Fleet.DeleteServerAsync(new() { Server = "extra" }));
        Assert.Equal("farms/shop", server.GetRpcStatus()!.GetDetail<Google.Rpc.PreconditionFailure>()!.Violations.Single().Subject);
        Assert.Equal((StatusCode.FailedPrecondition, "IN_USE"), Plain(await Errors.OfAsync(athena.Fleet.DeleteFarmAsync(new() { Farm = "shop" }))));

        await athena.Fleet.SetForwardAsync(new() { Farm = "web", AsConfigured = true });
        await athena.Fleet.SetFarmStateAsync(new() { Farm = "shop", State = AdminState.Off });
        await athena.Fleet.DeleteFarmAsync(new() { Farm = "shop" });
        Assert.Equal("FARM_NOT_FOUND", (await Errors.OfAsync(athena.Balancer.BalanceAsync(new() { Farm = "shop" }))).Info.Reason);

        // The removal can be undone; the farm comes back on.
        var removal = (await athena.Fleet.ListChangesAsync(new() { Farm = "shop" })).Changes[0];
        Assert.Equal(ChangeKind.Deleted, removal.Kind);
        await athena.Fleet.UndoChangeAsync(new() { Id = removal.Id });
        Assert.Equal("extra", (await athena.Balancer.BalanceAsync(new() { Farm = "shop" })).Server);
    }

    [Fact]
    public async Task A_repeated_request_is_made_once()
    {
        await using var athena = await AthenaHost.WithAsync("web", "a");
        var request = new CreateFarmRequest { Farm = new() { Name = "shop" }, RequestId = "6f2c8a3e-0d3b-4d0e-9c55-0d8a6f7c1b2a" };
        var first = await athena.Fleet.CreateFarmAsync(request);
        await athena.Fleet.SetFarmStateAsync(new() { Farm = "web", State = AdminState.Off });
        Assert.Equal(first, await athena.Fleet.CreateFarmAsync(request));
        request.Farm.Name = "other";
        Assert.Equal((StatusCode.InvalidArgument, "INVALID_FIELD"), Plain(await Errors.OfAsync(athena.Fleet.CreateFarmAsync(request))));
    }

    [Fact]
    public async Task A_reload_wins_over_what_was_made_at_run_time_and_gives_it_back_when_it_fits()
    {
        await using var athena = await AthenaHost.WithAsync("web", "a", "b");
        await athena.Fleet.CreateFarmAsync(new() { Farm = new() { Name = "shop", Members = { new Member { Server = "b" } } } });
        await athena.ConfigureAsync(Fleets.Of("web", "a"));
        await athena.Process.LineAsync(l => l.Contains("farm shop", StringComparison.Ordinal));
        await FarmAsync(athena, f => f.Members.Count == 1);
        Assert.Equal("FARM_NOT_FOUND", (await Errors.OfAsync(athena.Balancer.BalanceAsync(new() { Farm = "shop" }))).Info.Reason);
        await athena.ConfigureAsync(Fleets.Of("web", "a", "b"));
        await FarmAsync(athena, f => f.Members.Count == 2);
        Assert.Equal("b", (await athena.Balancer.BalanceAsync(new() { Farm = "shop" })).Server);
    }

    [Fact]
    public async Task Lists_are_filtered_over_json_too()
    {
        await using var athena = await AthenaHost.WithAsync("web", "a", "b");
        await athena.Fleet.CreateServerAsync(new() { Server = new() { Name = "c1", Address = "http://127.0.0.1:9100", Labels = { ["zone"] = "b" } } });
        await athena.Fleet.SetMemberStateAsync(new() { Server = "a", State = AdminState.Off });
        async Task<string> Named(string filter) =>
            string.Join(' ', (await athena.GetJsonAsync($"/v1/servers?filter={Uri.EscapeDataString(filter)}")).GetProperty("servers").EnumerateArray().Select(s => s.GetProperty("name").GetString()));
        Assert.Equal("c1", await Named("labels.zone = \"b\""));
        Assert.Equal("a", await Named("admin=off AND farm=web"));
        Assert.Equal("a b", await Named("labels.zone != b"));
        Assert.Equal("c1", await Named("name = c* AND origin = created"));
        Assert.Equal("farm web", $"farm {(await athena.Fleet.ListFarmsAsync(new() { Filter = "member = b AND serving = true" })).Farms.Single().Name}");
        foreach (var bad in new[] { "zone=b", "name", "name=", "name=a OR name=b", "name<b", "name=\"a", "name=a AND", "(name=a)" })
        {
            Assert.Equal((StatusCode.InvalidArgument, "INVALID_FIELD"), Plain(await Errors.OfAsync(athena.Fleet.ListServersAsync(new() { Filter = bad }))));
        }
    }

    private static (StatusCode, string) Plain((StatusCode Code, Google.Rpc.ErrorInfo Info) error) => (error.Code, error.Info.Reason);

    private static async Task<string> CreatedIsNotConfiguredAsync(AthenaHost athena)
    {
        await athena.Fleet.CreateFarmAsync(new() { Farm = new() { Name = "own" } });
        return (await Errors.OfAsync(athena.Fleet.UpdateFarmAsync(new() { Farm = new() { Name = "own" }, AsConfigured = true }))).Info.Reason;
    }

    private static async Task<Farm> FarmAsync(AthenaHost athena, Func<Farm, bool> wanted)
    {
        using var watch = athena.Watch.WatchFleet(new() { Farms = { "web" } }, cancellationToken: Deadline.Token());
        await foreach (var message in watch.ResponseStream.ReadAllAsync(Deadline.Token()))
        {
            if (message.Farms.FirstOrDefault(wanted) is { } farm)
            {
                return farm;
            }
        }
        throw new InvalidOperationException("the stream ended");
    }
}
