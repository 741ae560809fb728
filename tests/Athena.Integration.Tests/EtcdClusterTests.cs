using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using Athena.Testing;
using Athena.V1;
using Grpc.Core;

namespace Athena.Integration.Tests;

/// <summary>Three replicas on three etcd nodes, of which some die, hang and come back while everything goes on.</summary>
public sealed class EtcdClusterTests(ITestOutputHelper output)
{
    private static readonly string[] Servers = ["a", "b", "c", "d", "e", "f"];
    private readonly EtcdHistory _history = new();
    private readonly ConcurrentQueue<string> _failed = new();
    private long _latest;
    private long _decisions;
    private int _probes;

    /// <summary>More with ATHENA_TEST_OPERATIONS=50000.</summary>
    [Fact]
    public async Task While_etcd_nodes_die_and_hang_every_decision_is_made_and_no_answered_change_is_lost()
    {
        var wanted = int.TryParse(Environment.GetEnvironmentVariable("ATHENA_TEST_OPERATIONS"), CultureInfo.InvariantCulture, out var asked) ? asked : 2000;
        await using var etcd = await EtcdTests.EtcdAsync(3);
        await using var one = await StartAsync(etcd);
        await using var two = await StartAsync(etcd);
        await using var three = await StartAsync(etcd);
        AthenaHost[] replicas = [one, two, three];
        using var ending = new CancellationTokenSource();
        using var watching = new CancellationTokenSource();
        var watches = replicas.Select(r => WatchAsync(r, watching.Token)).ToArray();
        await Task.WhenAll(watches.Select(w => w.Ready));
        var load = replicas.SelectMany((r, i) => new[] { DecideAsync(r, ending.Token), WriteAsync(r, 2 * i, ending.Token), WriteAsync(r, (2 * i) + 1, ending.Token) }).ToArray();
        await GrowAsync(wanted / 5);

        var leader = await etcd.LeaderAsync();
        await etcd.KillAsync(leader);
        await GrowAsync(wanted / 5);
        etcd.Start(leader);
        await AgreeAsync("the leader was killed", etcd, replicas);

        await etcd.KillAsync(0);
        await etcd.KillAsync(1);
        await Deadline.UntilAsync(() => Task.FromResult(_failed.Contains("STORE_UNAVAILABLE")), refused => refused);
        var decisions = Volatile.Read(ref _decisions);
        await Deadline.UntilAsync(() => Task.FromResult(Volatile.Read(ref _decisions)), made => made > decisions + 100);
        etcd.Start(0);
        etcd.Start(1);
        await AgreeAsync("two nodes were killed", etcd, replicas);
        await GrowAsync(wanted / 5);

        leader = await etcd.LeaderAsync();
        etcd.Node(leader).Signal(ChildProcess.SigStop);
        await GrowAsync(wanted / 5);
        etcd.Node(leader).Signal(ChildProcess.SigCont);
        await AgreeAsync("the leader was paused", etcd, replicas);

        foreach (var node in new[] { 0, 1, 2 })
        {
            await etcd.KillAsync(node);
        }
        foreach (var node in new[] { 0, 1, 2 })
        {
            etcd.Start(node);
        }
        await AgreeAsync("all nodes were restarted", etcd, replicas);
        await Deadline.UntilAsync(() => Task.FromResult(_history.Count), count => count >= wanted);
        await ending.CancelAsync();
        await Task.WhenAll(load);
        await AgreeAsync("the load ended", etcd, replicas);

        var listed = (await one.Fleet.ListChangesAsync(new() { PageSize = 1000 })).Changes;
        var last = listed.First(c => Servers.Contains(c.Server)).Revision;
        foreach (var (replica, watch) in replicas.Zip(watches))
        {
            Assert.Equal(listed, (await replica.Fleet.ListChangesAsync(new() { PageSize = 1000 })).Changes);
            await Deadline.UntilAsync(() => Task.FromResult(watch.Last), told => told >= last);
        }
        await watching.CancelAsync();
        await Task.WhenAll(watches.Select(w => w.Ended));
        Assert.Empty(_history.Faults(listed).Take(5));
        Assert.All(watches, w => Assert.Empty(_history.Faults(w.Changes).Take(5)));
        Assert.Equal(["STORE_UNAVAILABLE"], _failed.Distinct());
        output.WriteLine(FormattableString.Invariant($"{_history.Count} operations, {_history.Unknown} of them without an answer; {_decisions} decisions"));
    }

    private static Task<AthenaHost> StartAsync(EtcdCluster etcd) =>
        AthenaHost.StartAsync(Fleets.Of("web", [.. Servers, "always", "probe"]), "--Athena:Store:Kind=etcd", $"--Athena:Store:Endpoints={etcd.Endpoints}", "--Logging:LogLevel:Default=Warning", "--Logging:LogLevel:Microsoft.Hosting.Lifetime=Information");

    private Task<int> GrowAsync(int more)
    {
        var goal = _history.Count + more;
        return Deadline.UntilAsync(() => Task.FromResult(_history.Count), count => count >= goal);
    }

    /// <summary>All replicas take changes again, and the last one is known to all.</summary>
    private async Task AgreeAsync(string when, EtcdCluster etcd, AthenaHost[] replicas)
    {
        await etcd.HealthyAsync();
        var back = Stopwatch.StartNew();
        foreach (var replica in replicas)
        {
            var revision = await Deadline.UntilAsync(async () =>
            {
                try
                {
                    return (await replica.Fleet.SetMemberStateAsync(new() { Server = "probe", State = AdminState.Off, Reason = $"{when}, {++_probes}" })).Revision;
                }
                catch (RpcException e) when (e.StatusCode == StatusCode.Unavailable)
                {
                    return 0;
                }
            }, made => made > 0);
            await Task.WhenAll(replicas.Select(r => EtcdTests.UntilRevisionAsync(r, revision)));
        }
        output.WriteLine(FormattableString.Invariant($"{when}: replicas agree {back.ElapsedMilliseconds} ms after the cluster answered; {_history.Count} operations so far"));
    }

    /// <summary>Never fails, whatever becomes of etcd.</summary>
    private async Task DecideAsync(AthenaHost replica, CancellationToken ending)
    {
        while (!ending.IsCancellationRequested)
        {
            await replica.Balancer.BalanceAsync(new() { Farm = "web" }, cancellationToken: CancellationToken.None);
            Interlocked.Increment(ref _decisions);
            await Task.Delay(2, CancellationToken.None);
        }
    }

    private async Task WriteAsync(AthenaHost replica, int client, CancellationToken ending)
    {
        var random = new Random(client);
        for (var n = 0; !ending.IsCancellationRequested; n++)
        {
            var (server, reason) = (Servers[random.Next(Servers.Length)], $"{client}.{n}");
            var request = new SetMemberStateRequest { Server = server, State = n % 2 == 0 ? AdminState.Off : AdminState.Drain, Reason = reason };
            if (random.Next(2) == 0 && Volatile.Read(ref _latest) is > 0 and var latest)
            {
                request.ExpectedRevision = latest;
            }
            var start = _history.Tick();
            var (outcome, revision) = (EtcdHistory.Outcome.Made, 0L);
            try
            {
                revision = (await replica.Fleet.SetMemberStateAsync(request, cancellationToken: CancellationToken.None)).Revision;
                Volatile.Write(ref _latest, revision);
            }
            catch (RpcException e)
            {
                var info = e.GetRpcStatus()?.GetDetail<Google.Rpc.ErrorInfo>();
                outcome = info?.Metadata.ContainsKey("made") == true ? EtcdHistory.Outcome.Unknown : EtcdHistory.Outcome.Refused;
                if (e.StatusCode != StatusCode.Aborted)
                {
                    _failed.Enqueue(info?.Reason ?? e.Status.ToString());
                    await Task.Delay(20, CancellationToken.None);
                }
            }
            _history.Add(new EtcdHistory.Operation(server, reason, start, _history.Tick(), request.HasExpectedRevision ? request.ExpectedRevision : null, outcome, revision));
        }
    }

    private static Watched WatchAsync(AthenaHost replica, CancellationToken ending) => new(replica, ending);

    /// <summary>All that a watch told.</summary>
    private sealed class Watched
    {
        private readonly TaskCompletionSource _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private long _last;

        public Watched(AthenaHost replica, CancellationToken ending) => Ended = ReadAsync(replica, ending);

        public Task Ready => _ready.Task;

        public Task Ended { get; }

        public long Last => Volatile.Read(ref _last);

        public List<HealthChange> Changes { get; } = [];

        private async Task ReadAsync(AthenaHost replica, CancellationToken ending)
        {
            using var watch = replica.Watch.WatchHealth(new() { Servers = { Servers } }, cancellationToken: ending);
            try
            {
                while (await watch.ResponseStream.MoveNext(ending))
                {
                    _ready.TrySetResult();
                    if (watch.ResponseStream.Current.Change is { } change)
                    {
                        Changes.Add(change);
                        Volatile.Write(ref _last, change.Revision);
                    }
                }
            }
            catch (Exception e) when (ending.IsCancellationRequested && e is RpcException or OperationCanceledException)
            {
                // All was told.
            }
        }
    }
}
