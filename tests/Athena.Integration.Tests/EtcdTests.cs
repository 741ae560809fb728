using Athena.Testing;
using Athena.V1;
using Grpc.Core;

namespace Athena.Integration.Tests;

/// <summary>Two services on one etcd: what one is told, both know.</summary>
public sealed class EtcdTests
{
    [Fact]
    public async Task Two_replicas_keep_one_state_over_changes_undo_and_restarts()
    {
        await using var etcd = await EtcdAsync();
        await using var one = await ReplicaAsync(etcd.Endpoints);
        await using var two = await ReplicaAsync(etcd.Endpoints);
        using var watch = two.Watch.WatchHealth(new() { Servers = { "a" } }, cancellationToken: Deadline.Token());
        Assert.True(await watch.ResponseStream.MoveNext(Deadline.Token()));
        Assert.NotNull(watch.ResponseStream.Current.Snapshot);

        var off = await one.Fleet.SetMemberStateAsync(new() { Server = "a", State = AdminState.Off, Actor = "ann", Reason = "disk" });
        Assert.True(await watch.ResponseStream.MoveNext(Deadline.Token()));
        var change = watch.ResponseStream.Current.Change;
        Assert.Equal((off.Revision, "ann", "disk", AdminState.Off), (change.Revision, change.Actor, change.Reason, change.Server.NewStatus.Admin));
        Assert.Equal("b", (await two.Balancer.BalanceAsync(new() { Farm = "web" })).Server);

        // What one answered, the other takes as known.
        var made = await two.Fleet.CreateServerAsync(new() { Server = new() { Name = "extra", Address = "http://127.0.0.1:9100" }, ExpectedRevision = off.Revision, RequestId = "6f2c8a3e-0d3b-4d0e-9c55-0d8a6f7c1b2a" });
        var farm = await one.Fleet.CreateFarmAsync(new() { Farm = new() { Name = "shop", Members = { new Member { Server = "extra" } } }, ExpectedRevision = made.Revision });
        await UntilRevisionAsync(two, farm.Revision);
        Assert.Equal("extra", (await two.Balancer.BalanceAsync(new() { Farm = "shop" })).Server);
        var repeated = await one.Fleet.CreateServerAsync(new() { Server = new() { Name = "extra", Address = "http://127.0.0.1:9100" }, ExpectedRevision = off.Revision, RequestId = "6f2c8a3e-0d3b-4d0e-9c55-0d8a6f7c1b2a" });
        Assert.Equal(made.Revision, repeated.Revision);

        var changes = (await two.Fleet.ListChangesAsync(new())).Changes;
        Assert.Equal([farm.Revision, made.Revision, off.Revision], changes.Select(c => c.Revision));
        var undone = await two.Fleet.UndoChangeAsync(new() { Id = changes[2].Id, ExpectedRevision = farm.Revision });
        await UntilRevisionAsync(one, undone.Revision);
        Assert.Equal(AdminState.On, (await one.Fleet.GetServerAsync(new() { Server = "a" })).Server.Status.Admin);

        two.Process.Signal(ChildProcess.SigKill);
        var drained = await one.Fleet.SetMemberStateAsync(new() { Farm = "web", Server = "b", State = AdminState.Drain, Actor = "bob" });
        await using var three = await ReplicaAsync(etcd.Endpoints);
        Assert.Equal(AdminState.Drain, (await three.Fleet.GetFarmAsync(new() { Farm = "web" })).Farm.Members[1].Admin);
        Assert.Equal("extra", (await three.Balancer.BalanceAsync(new() { Farm = "shop" })).Server);
        Assert.Equal((await one.Fleet.ListChangesAsync(new())).Changes, (await three.Fleet.ListChangesAsync(new())).Changes);
        Assert.Equal(5, (await three.Fleet.ListChangesAsync(new())).Changes.Count);
        Assert.True((await three.Fleet.ListFarmsAsync(new())).Revision >= drained.Revision);
    }

    [Fact]
    public async Task A_watch_goes_on_at_another_replica_where_it_ended()
    {
        await using var etcd = await EtcdAsync();
        await using var one = await ReplicaAsync(etcd.Endpoints);
        await using var two = await ReplicaAsync(etcd.Endpoints);
        var seen = (await one.Fleet.SetMemberStateAsync(new() { Server = "a", State = AdminState.Off })).Revision;
        List<long> missed = [];
        foreach (var state in new[] { AdminState.On, AdminState.Drain, AdminState.Off })
        {
            missed.Add((await (missed.Count % 2 == 0 ? two : one).Fleet.SetMemberStateAsync(new() { Server = "b", State = state, Reason = state.ToString() })).Revision);
        }
        missed.RemoveAt(0); // It was on already: no change.
        await UntilRevisionAsync(two, missed[^1]);
        using var watch = two.Watch.WatchHealth(new() { Servers = { "a", "b" }, ResumeRevision = seen }, cancellationToken: Deadline.Token());
        Assert.True(await watch.ResponseStream.MoveNext(Deadline.Token()));
        var change = watch.ResponseStream.Current.Change;
        // Two changes of one subject come merged.
        Assert.Equal((missed[^1], 1u, AdminState.On, AdminState.Off), (change.Revision, change.Merged, change.Server.OldStatus.Admin, change.Server.NewStatus.Admin));
    }

    [Fact]
    public async Task Of_changes_that_expect_one_revision_one_is_made()
    {
        await using var etcd = await EtcdAsync();
        await using var one = await ReplicaAsync(etcd.Endpoints);
        await using var two = await ReplicaAsync(etcd.Endpoints);
        var revision = (await one.Fleet.SetMemberStateAsync(new() { Server = "a", State = AdminState.Off })).Revision;
        for (var round = 0; round < 20; round++)
        {
            var calls = Enumerable.Range(0, 6).Select(async i =>
            {
                try
                {
                    return (await (i % 2 == 0 ? one : two).Fleet.SetMemberStateAsync(new() { Server = "a", State = AdminState.Off, Reason = $"{round}.{i}", ExpectedRevision = revision })).Revision;
                }
                catch (RpcException e) when (e.StatusCode == StatusCode.Aborted)
                {
                    return 0;
                }
            });
            var made = (await Task.WhenAll(calls)).Where(r => r > 0).ToArray();
            Assert.True(made.Length == 1, $"round {round}: {made.Length} changes were made on revision {revision}");
            Assert.True(made[0] > revision);
            revision = made[0];
        }
    }

    [Fact]
    public async Task Without_etcd_decisions_go_on_and_changes_are_refused_in_time_until_it_is_back()
    {
        await using var etcd = await EtcdAsync();
        await using var one = await ReplicaAsync(etcd.Endpoints);
        await using var two = await ReplicaAsync(etcd.Endpoints);
        await one.Fleet.SetMemberStateAsync(new() { Server = "a", State = AdminState.Off, Reason = "kept" });
        await etcd.KillAsync(0);
        for (var i = 0; i < 3; i++)
        {
            var error = await Assert.ThrowsAsync<RpcException>(async () => await one.Fleet.SetMemberStateAsync(new() { Server = "b", State = AdminState.Off }, deadline: DateTime.UtcNow.AddSeconds(30)));
            Assert.Equal((StatusCode.Unavailable, "STORE_UNAVAILABLE"), (error.StatusCode, error.GetRpcStatus()?.GetDetail<Google.Rpc.ErrorInfo>()?.Reason));
            Assert.Equal("b", (await one.Balancer.BalanceAsync(new() { Farm = "web" })).Server);
            await one.Stats.UpdateStatsAsync(new() { Server = "b", Stats = { ["queue"] = i } });
        }
        Assert.Contains("athena_store_available", await one.Http.GetStringAsync("/metrics"), StringComparison.Ordinal);
        etcd.Start(0);
        await etcd.HealthyAsync();
        var made = await Deadline.UntilAsync(async () => await TryAsync(two, AdminState.Drain), revision => revision > 0);
        await UntilRevisionAsync(one, made);
        Assert.Equal(AdminState.Drain, (await one.Fleet.GetServerAsync(new() { Server = "b" })).Server.Status.Admin);
        Assert.Equal("kept", (await two.Fleet.GetServerAsync(new() { Server = "a" })).Server.Status.Causes.Single().Reason);
    }

    [Fact]
    public async Task A_replica_that_finds_no_etcd_says_so_and_ends()
    {
        // Port 1 is nobody's.
        await using var process = ChildProcess.Start("Athena.Service", "--Athena:Store:Kind=etcd", "--Athena:Store:Endpoints=http://127.0.0.1:1", "--Athena:Store:Timeout=00:00:01",
            "--Kestrel:Endpoints:Grpc:Url=http://127.0.0.1:0", "--Kestrel:Endpoints:Http:Url=http://127.0.0.1:0");
        Assert.Equal(1, await process.ExitCodeAsync());
        Assert.Contains("Athena's service cannot start", process.Output, StringComparison.Ordinal);
        Assert.Contains("the store cannot be read: etcd does not answer", process.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("Unhandled exception", process.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_replica_that_was_cut_off_past_a_compaction_reads_all_again()
    {
        await using var etcd = await EtcdAsync();
        await using var relay = new TcpRelay(etcd.Members[0]);
        await using var one = await ReplicaAsync(etcd.Endpoints);
        await using var two = await ReplicaAsync(relay.Address.GetLeftPart(UriPartial.Authority));
        relay.Cut();
        var revision = 0L;
        for (var i = 0; i < 5; i++)
        {
            revision = (await one.Fleet.SetMemberStateAsync(new() { Server = "a", State = i % 2 == 0 ? AdminState.Off : AdminState.Drain, Reason = $"{i}" })).Revision;
        }
        await etcd.ControlAsync(0, "compact", $"{await etcd.RevisionAsync()}");
        relay.Mend();
        await UntilRevisionAsync(two, revision);
        Assert.Equal("4", (await two.Fleet.GetServerAsync(new() { Server = "a" })).Server.Status.Causes.Single().Reason);
        Assert.Equal((await one.Fleet.ListChangesAsync(new())).Changes, (await two.Fleet.ListChangesAsync(new())).Changes);
        Assert.Matches(Relisted("compacted"), await two.Http.GetStringAsync("/metrics"));
    }

    [Fact]
    public async Task A_replica_that_cannot_know_the_present_revision_does_not_say_that_it_is_another_one()
    {
        await using var etcd = await EtcdAsync();
        await using var relay = new TcpRelay(etcd.Members[0]);
        await using var one = await ReplicaAsync(etcd.Endpoints);
        await using var two = await ReplicaAsync(relay.Address.GetLeftPart(UriPartial.Authority));
        relay.Cut();
        var present = (await one.Fleet.SetMemberStateAsync(new() { Server = "a", State = AdminState.Off })).Revision;
        var request = new SetMemberStateRequest { Server = "b", State = AdminState.Off, ExpectedRevision = present };
        Assert.Equal("STORE_UNAVAILABLE", await RefusalAsync(two, request));
        relay.Mend();
        // What nobody has is another revision, and that is said by all.
        var never = new SetMemberStateRequest { Server = "b", State = AdminState.Off, ExpectedRevision = present + (1000L << 20) };
        await Deadline.UntilAsync(() => RefusalAsync(two, never), reason => reason == "REVISION_MISMATCH");
        Assert.Equal("REVISION_MISMATCH", await RefusalAsync(one, never));
        Assert.Null(await RefusalAsync(two, request));
    }

    [Fact]
    public async Task A_restored_snapshot_is_noticed_and_no_revision_is_given_twice()
    {
        await using var etcd = await EtcdAsync();
        await using var one = await ReplicaAsync(etcd.Endpoints);
        await using var two = await ReplicaAsync(etcd.Endpoints);
        await one.Fleet.SetMemberStateAsync(new() { Server = "a", State = AdminState.Off, Reason = "in the snapshot" });
        var snapshot = await etcd.SaveSnapshotAsync();
        var lost = 0L;
        for (var i = 0; i < 5; i++)
        {
            lost = (await one.Fleet.SetMemberStateAsync(new() { Server = "b", State = i % 2 == 0 ? AdminState.Off : AdminState.Drain })).Revision;
        }
        await UntilRevisionAsync(two, lost);
        await etcd.RestoreAsync(snapshot);
        foreach (var replica in new[] { one, two })
        {
            await Deadline.UntilAsync(async () => (await replica.Fleet.GetServerAsync(new() { Server = "b" })).Server.Status.Admin, state => state == AdminState.On);
            Assert.Equal("in the snapshot", (await replica.Fleet.GetServerAsync(new() { Server = "a" })).Server.Status.Causes.Single().Reason);
            Assert.Matches(Relisted("restored"), await replica.Http.GetStringAsync("/metrics"));
            await replica.Process.LineAsync(l => l.Contains("an older state was restored", StringComparison.Ordinal));
        }
        var made = await Deadline.UntilAsync(async () => await TryAsync(two, AdminState.Drain), revision => revision > 0);
        Assert.True(made > lost);
        await UntilRevisionAsync(one, made);
        // Whoever watched up to what is lost begins again.
        using var watch = one.Watch.WatchHealth(new() { Servers = { "b" }, ResumeRevision = lost }, cancellationToken: Deadline.Token());
        Assert.True(await watch.ResponseStream.MoveNext(Deadline.Token()));
        Assert.Equal(AdminState.Drain, watch.ResponseStream.Current.Snapshot.Servers[0].Status.Admin);
    }

    [Fact]
    public async Task What_a_server_reports_to_one_replica_all_know_and_etcd_is_not_asked_for_each_report()
    {
        await using var etcd = await EtcdAsync();
        await using var one = await ReplicaAsync(etcd.Endpoints);
        await using var two = await ReplicaAsync(etcd.Endpoints);
        var before = await etcd.RevisionAsync();
        var clock = System.Diagnostics.Stopwatch.StartNew();
        for (var i = 1; i <= 300; i++)
        {
            await one.Stats.UpdateStatsAsync(new() { Server = "a", Stats = { ["queue"] = i } });
            await two.Stats.UpdateStatsAsync(new() { Server = "b", Stats = { ["queue"] = 1000 + i } });
        }
        await Deadline.UntilAsync(async () => (await two.Stats.GetStatsAsync(new() { Server = "a" })).Stats.GetValueOrDefault("queue")?.Value, value => value == 300);
        await Deadline.UntilAsync(async () => (await one.Stats.GetStatsAsync(new() { Server = "b" })).Stats.GetValueOrDefault("queue")?.Value, value => value == 1300);
        var writes = await etcd.RevisionAsync() - before;
        Assert.InRange(writes, 2, 2 * (clock.Elapsed.TotalSeconds + 3));

        // The newest observation wins, wherever it was made.
        await two.Stats.UpdateStatsAsync(new() { Server = "a", Stats = { ["queue"] = 7 } });
        await Deadline.UntilAsync(async () => (await one.Stats.GetStatsAsync(new() { Server = "a" })).Stats["queue"].Value, value => value == 7);
        Assert.Contains("/athena/replicas/", await etcd.ControlAsync(0, "get", "--prefix", "/athena/replicas/", "--keys-only"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task When_the_leases_of_all_replicas_end_at_once_no_server_goes_out_and_nothing_is_forgotten()
    {
        await using var etcd = await EtcdAsync();
        await using var one = await ReplicaAsync(etcd.Endpoints, "--Athena:ExpectUpdate=00:10:00");
        await using var two = await ReplicaAsync(etcd.Endpoints, "--Athena:ExpectUpdate=00:10:00");
        foreach (var server in new[] { "a", "b" })
        {
            await one.Stats.UpdateStatsAsync(new() { Server = server, Stats = { ["queue"] = 3 } });
            await Deadline.UntilAsync(async () => (await two.Stats.GetStatsAsync(new() { Server = server })).Stats.GetValueOrDefault("queue")?.Value, value => value == 3);
        }
        var revision = (await two.Fleet.ListFarmsAsync(new())).Revision;
        // Once a lease is granted anew in between, there is another one to end.
        for (var round = 0; round < 3; round++)
        {
            foreach (var lease in (await etcd.ControlAsync(0, "lease", "list")).Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Skip(1))
            {
                await etcd.ControlAsync(0, "lease", "revoke", lease);
            }
            // Both tell again, and hear one another.
            await one.Stats.UpdateStatsAsync(new() { Server = "a", Stats = { ["queue"] = 10 + round } });
            await two.Stats.UpdateStatsAsync(new() { Server = "b", Stats = { ["queue"] = 20 + round } });
            await Deadline.UntilAsync(async () => (await two.Stats.GetStatsAsync(new() { Server = "a" })).Stats["queue"].Value, value => value == 10 + round);
            await Deadline.UntilAsync(async () => (await one.Stats.GetStatsAsync(new() { Server = "b" })).Stats["queue"].Value, value => value == 20 + round);
        }
        foreach (var replica in new[] { one, two })
        {
            Assert.All((await replica.Fleet.ListServersAsync(new())).Servers, s => Assert.True(s.Status.Available && s.Status.Causes.Count == 0));
            Assert.Equal(revision, (await replica.Fleet.ListFarmsAsync(new())).Revision);
        }
    }

    internal static async Task<EtcdCluster> EtcdAsync(int nodes = 1)
    {
        var etcd = await EtcdCluster.StartAsync(nodes);
        Assert.SkipWhen(etcd is null, "etcd and etcdctl are not installed (Debian: etcd-server, etcd-client)");
        return etcd!;
    }

    internal static Task<AthenaHost> ReplicaAsync(string endpoints, params string[] more) =>
        AthenaHost.StartAsync(Fleets.Of("web", "a", "b"), ["--Athena:Store:Kind=etcd", $"--Athena:Store:Endpoints={endpoints}", .. more]);

    internal static Task<long> UntilRevisionAsync(AthenaHost replica, long revision) =>
        Deadline.UntilAsync(async () => (await replica.Fleet.ListFarmsAsync(new())).Revision, present => present >= revision);

    /// <summary>Why it was not made; null: it was.</summary>
    private static async Task<string?> RefusalAsync(AthenaHost replica, SetMemberStateRequest request)
    {
        try
        {
            await replica.Fleet.SetMemberStateAsync(request);
            return null;
        }
        catch (RpcException e)
        {
            return e.GetRpcStatus()?.GetDetail<Google.Rpc.ErrorInfo>()?.Reason ?? e.Status.ToString();
        }
    }

    /// <summary>0: the store is not back yet.</summary>
    private static async Task<long> TryAsync(AthenaHost replica, AdminState state)
    {
        try
        {
            return (await replica.Fleet.SetMemberStateAsync(new() { Server = "b", State = state })).Revision;
        }
        catch (RpcException e) when (e.StatusCode == StatusCode.Unavailable)
        {
            return 0;
        }
    }

    private static string Relisted(string reason) => $"athena_store_relists_total\\{{[^}}]*reason=\"{reason}\"[^}}]*\\}} [1-9]";
}
