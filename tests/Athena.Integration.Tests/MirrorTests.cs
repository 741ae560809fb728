using Athena.Testing;
using Athena.V1;

namespace Athena.Integration.Tests;

/// <summary>`athena mirror` between two services.</summary>
public sealed class MirrorTests
{
    [Fact]
    public async Task Once_it_copies_what_operators_set_and_a_second_time_nothing()
    {
        await using var from = await AthenaHost.WithAsync("web", "a", "b", "c");
        await using var to = await AthenaHost.WithAsync("web", "a", "b", "c");
        await from.Fleet.SetMemberStateAsync(new() { Server = "a", State = AdminState.Off, Actor = "ann", Reason = "disk", UntilTime = Google.Protobuf.WellKnownTypes.Timestamp.FromDateTimeOffset(DateTimeOffset.UtcNow.AddHours(2)) });
        await from.Fleet.SetMemberStateAsync(new() { Farm = "web", Server = "b", State = AdminState.Drain, Actor = "bob" });
        await from.Fleet.SetMemberStateAsync(new() { Server = "c", Health = HealthState.Down });
        await from.Fleet.SetForwardAsync(new() { Farm = "web", Forwards = new() { Off = "https://sorry.example/" } });
        await from.Fleet.SetFarmStateAsync(new() { Farm = "web", State = AdminState.Off });
        Assert.Equal(0, (await MirrorAsync(from, to)).ExitCode);
        var cause = Assert.Single((await to.Fleet.GetServerAsync(new() { Server = "a" })).Server.Status.Causes);
        Assert.Equal((CauseKind.Off, "ann"), (cause.Kind, cause.Actor));
        Assert.StartsWith("disk (mirrored, set ", cause.Reason, StringComparison.Ordinal);
        Assert.NotNull(cause.UntilTime);
        var farm = (await to.Fleet.GetFarmAsync(new() { Farm = "web" })).Farm;
        Assert.Equal((AdminState.Off, "https://sorry.example/", AdminState.Drain), (farm.Admin, farm.Forwards.Off, farm.Members[1].Admin));
        Assert.Equal(HealthState.Down, (await to.Fleet.GetServerAsync(new() { Server = "c" })).Server.Status.Health);
        var revision = (await to.Fleet.ListFarmsAsync(new())).Revision;
        Assert.Equal((0, "nothing to copy: they stand alike"), await MirrorAsync(from, to));
        Assert.Equal((0, "nothing to copy: they stand alike"), await MirrorAsync(to, from));
        Assert.Equal(revision, (await to.Fleet.ListFarmsAsync(new())).Revision);
    }

    [Fact]
    public async Task The_last_change_wins_whichever_way_it_is_copied()
    {
        await using var from = await AthenaHost.WithAsync("web", "a", "b");
        await using var to = await AthenaHost.WithAsync("web", "a", "b");
        await from.Fleet.SetMemberStateAsync(new() { Server = "a", State = AdminState.Off });
        await to.Fleet.SetMemberStateAsync(new() { Server = "a", State = AdminState.Drain });
        await MirrorAsync(from, to);
        Assert.Equal(AdminState.Drain, (await to.Fleet.GetServerAsync(new() { Server = "a" })).Server.Status.Admin);
        // A copy is as old as its original: what was set after that wins over it.
        await from.Fleet.SetMemberStateAsync(new() { Server = "b", State = AdminState.Off });
        await MirrorAsync(from, to);
        await MirrorAsync(to, from);
        Assert.Equal(AdminState.Drain, (await from.Fleet.GetServerAsync(new() { Server = "a" })).Server.Status.Admin);
        await from.Fleet.SetMemberStateAsync(new() { Server = "b", State = AdminState.On });
        await MirrorAsync(to, from);
        Assert.Equal(AdminState.On, (await from.Fleet.GetServerAsync(new() { Server = "b" })).Server.Status.Admin);
        await MirrorAsync(from, to);
        Assert.Equal(AdminState.On, (await to.Fleet.GetServerAsync(new() { Server = "b" })).Server.Status.Admin);
    }

    [Fact]
    public async Task Two_mirrors_keep_two_services_alike_without_echo_and_survive_the_loss_of_either_end()
    {
        await using var one = await AthenaHost.WithAsync("web", "a", "b");
        await using var two = await AthenaHost.WithAsync("web", "a", "b");
        await using var there = ChildProcess.Start("Athena.Cli", "mirror", one.GrpcAddress.ToString(), two.GrpcAddress.ToString(), "--continuous", "--timeout", "60s");
        await using var back = ChildProcess.Start("Athena.Cli", "mirror", two.GrpcAddress.ToString(), one.GrpcAddress.ToString(), "--continuous", "--timeout", "60s");
        await one.Fleet.SetMemberStateAsync(new() { Server = "a", State = AdminState.Off, Actor = "ann" });
        await UntilAsync(two, "a", AdminState.Off);
        await two.Fleet.SetMemberStateAsync(new() { Server = "b", State = AdminState.Drain, Actor = "bob" });
        await UntilAsync(one, "b", AdminState.Drain);
        await two.Fleet.SetMemberStateAsync(new() { Server = "a", State = AdminState.On });
        await UntilAsync(one, "a", AdminState.On);
        // Each change was made once and copied once.
        Assert.Equal(3, (await one.Fleet.ListChangesAsync(new())).Changes.Count);
        Assert.Equal(3, (await two.Fleet.ListChangesAsync(new())).Changes.Count);

        await CliTests.KillAsync(two);
        await there.LineAsync(l => l.Contains("trying again", StringComparison.Ordinal));
        await back.LineAsync(l => l.Contains("trying again", StringComparison.Ordinal));
        await one.Fleet.SetMemberStateAsync(new() { Server = "a", State = AdminState.Drain, Actor = "ann" });
        await using var again = await CliTests.AgainAsync(two, "web", "a", "b");
        await UntilAsync(again, "a", AdminState.Drain);
        await UntilAsync(again, "b", AdminState.Drain);
        // The one that forgot has nothing to say.
        Assert.Equal(AdminState.Drain, (await one.Fleet.GetServerAsync(new() { Server = "b" })).Server.Status.Admin);
        there.Signal(ChildProcess.SigInt);
        Assert.Equal(0, await there.ExitCodeAsync());
    }

    [Fact]
    public async Task Farms_and_servers_that_the_target_does_not_have_are_made()
    {
        await using var from = await AthenaHost.WithAsync("web", "a", "b");
        await using var to = await AthenaHost.WithAsync("web", "a");
        var (exitCode, output) = await MirrorAsync(from, to);
        Assert.Equal(0, exitCode);
        Assert.Contains("b: made", output, StringComparison.Ordinal);
        Assert.Contains("farm/web: changed", output, StringComparison.Ordinal);
        Assert.Equal(["a", "b"], (await to.Fleet.GetFarmAsync(new() { Farm = "web" })).Farm.Members.Select(m => m.Server));
        // What is declared on one side and made on the other is still the same.
        Assert.Equal((0, "nothing to copy: they stand alike"), await MirrorAsync(from, to));
    }

    [Fact]
    public async Task A_continuous_mirror_brings_farms_servers_and_states_and_outlives_its_source()
    {
        await using var from = await AthenaHost.WithAsync("web", "a");
        await using var to = await AthenaHost.WithAsync("web", "a");
        await using var mirror = ChildProcess.Start("Athena.Cli", "mirror", from.GrpcAddress.ToString(), to.GrpcAddress.ToString(), "--continuous", "--timeout", "60s");
        await from.Fleet.CreateServerAsync(new() { Server = new() { Name = "new", Address = "http://127.0.0.1:9101" } });
        await from.Fleet.CreateFarmAsync(new() { Farm = new() { Name = "shop", Members = { new Member { Server = "new", Weight = 3 } } } });
        await from.Fleet.SetMemberStateAsync(new() { Server = "new", State = AdminState.Drain, Actor = "ann" });
        await mirror.LineAsync(l => l.EndsWith("farm/shop: made", StringComparison.Ordinal));
        await UntilAsync(to, "new", AdminState.Drain);
        Assert.Equal(3u, (await to.Fleet.GetFarmAsync(new() { Farm = "shop" })).Farm.Members[0].Weight);
        await from.Fleet.UpdateFarmAsync(new() { Farm = new() { Name = "shop", Members = { new Member { Server = "new", Weight = 5 } } } });
        await Deadline.UntilAsync(async () => (await to.Fleet.GetFarmAsync(new() { Farm = "shop" })).Farm.Members[0].Weight, w => w == 5);
        var changes = (await to.Fleet.ListChangesAsync(new())).Changes.Count;

        await CliTests.KillAsync(from);
        await mirror.LineAsync(l => l.Contains("trying again", StringComparison.Ordinal));
        await using var again = await CliTests.AgainAsync(from, "web", "a");
        await mirror.LineAsync(l => l.EndsWith("both are back", StringComparison.Ordinal));
        // The one that forgot takes nothing away, and what it says anew is copied.
        await again.Fleet.SetMemberStateAsync(new() { Server = "a", State = AdminState.Off, Actor = "bob" });
        await UntilAsync(to, "a", AdminState.Off);
        Assert.Equal(AdminState.Drain, (await to.Fleet.GetServerAsync(new() { Server = "new" })).Server.Status.Admin);
        Assert.Equal(changes + 1, (await to.Fleet.ListChangesAsync(new())).Changes.Count);
        mirror.Signal(ChildProcess.SigInt);
        Assert.Equal(0, await mirror.ExitCodeAsync());
    }

    private static Task<(int ExitCode, string Output)> MirrorAsync(AthenaHost from, AthenaHost to) =>
        CliTests.RunAsync("mirror", from.GrpcAddress.ToString(), to.GrpcAddress.ToString(), "--timeout", "60s");

    private static Task<AdminState> UntilAsync(AthenaHost host, string server, AdminState state) =>
        Deadline.UntilAsync(async () => (await host.Fleet.GetServerAsync(new() { Server = server })).Server.Status.Admin, s => s == state);
}
