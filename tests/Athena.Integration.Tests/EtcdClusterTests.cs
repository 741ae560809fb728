using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using Athena.Integration.Tests.Histories;
using Athena.Testing;
using Athena.V1;
using Grpc.Core;

namespace Athena.Integration.Tests;

/// <summary>Three replicas on three etcd nodes, of which some die, hang, are cut off and come back while everything goes on.</summary>
public sealed class EtcdClusterTests(ITestOutputHelper output)
{
    private static readonly string[] Servers = ["a", "b", "c", "d", "e", "f"];
    private readonly ClusterHistory _history = new();
    private readonly ConcurrentQueue<string> _failed = new();
    private readonly SortedDictionary<long, OperatorChange> _listed = [];
    private long _latest;
    private long _decisions;
    private int _probes;

    /// <summary>More with ATHENA_TEST_OPERATIONS=50000.</summary>
    [Fact]
    public async Task While_etcd_nodes_die_and_hang_every_decision_is_made_and_no_answered_change_is_lost()
    {
        var wanted = int.TryParse(Environment.GetEnvironmentVariable("ATHENA_TEST_OPERATIONS"), CultureInfo.InvariantCulture, out var asked) ? asked : 3000;
        await using var etcd = await EtcdTests.EtcdAsync(3);
        var relays = etcd.Members.Select(m => new TcpRelay(m)).ToArray();
        await using var one = await StartAsync(etcd.Endpoints);
        await using var two = await StartAsync(etcd.Endpoints);
        await using var three = await StartAsync(string.Join(',', relays.Select(r => r.Address.GetLeftPart(UriPartial.Authority))));
        AthenaHost[] replicas = [one, two, three];
        using var ending = new CancellationTokenSource();
        using var watching = new CancellationTokenSource();
        var watches = replicas.Select(r => new Watched(r, watching.Token)).ToArray();
        await Task.WhenAll(watches.Select(w => w.Ready));
        var clock = Stopwatch.StartNew();
        var load = replicas.SelectMany((r, i) => new[] { DecideAsync(r, ending.Token), ActAsync(r, i, 2 * i, ending.Token), ActAsync(r, i, (2 * i) + 1, ending.Token) }).Append(ListAsync(one, ending.Token)).ToArray();
        await GrowAsync(wanted / 6);

        var leader = await etcd.LeaderAsync();
        await etcd.KillAsync(leader);
        await GrowAsync(wanted / 6);
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
        await GrowAsync(wanted / 6);

        leader = await etcd.LeaderAsync();
        etcd.Node(leader).Signal(ChildProcess.SigStop);
        await GrowAsync(wanted / 6);
        etcd.Node(leader).Signal(ChildProcess.SigCont);
        await AgreeAsync("the leader was paused", etcd, replicas);

        // One replica sees nothing of what the others change: what it tells is old, and never wrong.
        Array.ForEach(relays, r => r.Cut());
        await GrowAsync(wanted / 6);
        Array.ForEach(relays, r => r.Mend());
        await AgreeAsync("a replica was cut off", etcd, replicas);

        foreach (var node in new[] { 0, 1, 2 })
        {
            await etcd.KillAsync(node);
        }
        foreach (var node in new[] { 0, 1, 2 })
        {
            etcd.Start(node);
        }
        await AgreeAsync("all nodes were restarted", etcd, replicas);
        await GrowAsync(wanted - _history.Count);
        await ending.CancelAsync();
        await Task.WhenAll(load);
        await AgreeAsync("the load ended", etcd, replicas);
        var took = clock.Elapsed;

        var newest = await TakeListAsync(one);
        var last = newest.First(c => Servers.Contains(c.Server)).Revision;
        foreach (var (replica, watch) in replicas.Zip(watches))
        {
            Assert.Equal(newest, (await replica.Fleet.ListChangesAsync(new() { PageSize = 1000 })).Changes);
            await Deadline.UntilAsync(() => Task.FromResult(watch.Last), told => told >= last);
        }
        await watching.CancelAsync();
        await Task.WhenAll(watches.Select(w => w.Ended));
        Assert.Equal(Enumerable.Range(1, _listed.Count).Select(i => (long)i), _listed.Keys);
        Assert.True(_listed.Values.Zip(_listed.Values.Skip(1)).All(p => p.First.Revision < p.Second.Revision));
        var listed = _listed.Values.ToDictionary(c => c.Reason, c => c.Revision);
        Assert.Empty(_history.Faults(listed).Take(5));
        Assert.All(watches, w => Assert.Empty(_history.WatchFaults(w.Changes, listed).Take(5)));
        Assert.Equal(["STORE_UNAVAILABLE"], _failed.Distinct());
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{_history} in {took.TotalSeconds:F0} s; the watches told {string.Join(", ", watches.Select(w => w.Changes.Count))} changes; {_decisions} decisions"));
        foreach (var relay in relays)
        {
            await relay.DisposeAsync();
        }
    }

    private static Task<AthenaHost> StartAsync(string endpoints) =>
        AthenaHost.StartAsync(Fleets.Of("web", [.. Servers, "always", "probe"]), "--Athena:Store:Kind=etcd", $"--Athena:Store:Endpoints={endpoints}", "--Logging:LogLevel:Default=Warning", "--Logging:LogLevel:Microsoft.Hosting.Lifetime=Information");

    /// <summary>Waits for more operations; as long as there are any.</summary>
    private async Task GrowAsync(int more)
    {
        for (var goal = _history.Count + more; _history.Count < goal;)
        {
            var before = _history.Count;
            await Deadline.UntilAsync(() => Task.FromResult(_history.Count), count => count >= Math.Min(goal, before + 100));
        }
    }

    /// <summary>All replicas take changes again, and the last one is known to all.</summary>
    private async Task AgreeAsync(string when, EtcdCluster etcd, AthenaHost[] replicas)
    {
        await etcd.HealthyAsync();
        var back = Stopwatch.StartNew();
        var took = new List<long>();
        for (var i = 0; i < replicas.Length; i++)
        {
            var revision = await Deadline.UntilAsync(() => WriteAsync(replicas[i], i, new() { Server = "probe", State = AdminState.Off, Reason = $"{when}, {++_probes}" }), made => made > 0);
            took.Add(back.ElapsedMilliseconds);
            await Task.WhenAll(replicas.Select(r => EtcdTests.UntilRevisionAsync(r, revision)));
            took.Add(back.ElapsedMilliseconds);
        }
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{when}: replicas agree {back.ElapsedMilliseconds} ms after the cluster answered (a change by one made and known to all after {took[0]} and {took[1]}, by the next {took[2]} and {took[3]}, by the third {took[4]} and {took[5]}); {_history.Count} operations so far"));
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

    /// <summary>Takes down the list of changes often enough to miss none.</summary>
    private async Task ListAsync(AthenaHost replica, CancellationToken ending)
    {
        while (!ending.IsCancellationRequested)
        {
            await TakeListAsync(replica);
            await Task.Delay(100, CancellationToken.None);
        }
    }

    private async Task<IReadOnlyList<OperatorChange>> TakeListAsync(AthenaHost replica)
    {
        var changes = (await replica.Fleet.ListChangesAsync(new() { PageSize = 1000 })).Changes;
        foreach (var change in changes)
        {
            _listed[change.Id] = change;
        }
        return changes;
    }

    /// <summary>A client of one replica: reads and writes, in turns by chance.</summary>
    private async Task ActAsync(AthenaHost replica, int place, int client, CancellationToken ending)
    {
        var random = new Random(client);
        for (var n = 0; !ending.IsCancellationRequested; n++)
        {
            var server = Servers[random.Next(Servers.Length)];
            if (random.Next(2) == 0)
            {
                _history.Add(await ReadAsync(replica, place, server, random.Next(3)));
                continue;
            }
            var request = new SetMemberStateRequest { Server = server, State = n % 2 == 0 ? AdminState.Off : AdminState.Drain, Reason = $"{client}.{n}" };
            if (random.Next(2) == 0 && Volatile.Read(ref _latest) is > 0 and var latest)
            {
                request.ExpectedRevision = latest;
            }
            await WriteAsync(replica, place, request);
        }
    }

    private async Task<HistoryRead> ReadAsync(AthenaHost replica, int place, string server, int what)
    {
        static string? ReasonOf(Server server) => server.Status.Causes.SingleOrDefault()?.Reason;
        var start = _history.Tick();
        switch (what)
        {
            case 0:
                var one = await replica.Fleet.GetServerAsync(new() { Server = server }, cancellationToken: CancellationToken.None);
                return new HistoryRead(place, start, _history.Tick(), one.Revision, new Dictionary<string, string?> { [server] = ReasonOf(one.Server) });
            case 1:
                var all = await replica.Fleet.ListServersAsync(new(), cancellationToken: CancellationToken.None);
                return new HistoryRead(place, start, _history.Tick(), all.Revision, all.Servers.Where(s => Servers.Contains(s.Name) || s.Name == "probe").ToDictionary(s => s.Name, ReasonOf));
            default:
                var last = (await replica.Fleet.ListChangesAsync(new() { PageSize = 1 }, cancellationToken: CancellationToken.None)).Changes;
                return new HistoryRead(place, start, _history.Tick(), 0, new Dictionary<string, string?> { [HistoryRead.Last] = last.Count == 0 ? null : last[0].Reason });
        }
    }

    /// <returns>Its revision; 0: it was not made, or not answered.</returns>
    private async Task<long> WriteAsync(AthenaHost replica, int place, SetMemberStateRequest request)
    {
        var start = _history.Tick();
        var (outcome, revision) = (HistoryOutcome.Made, 0L);
        try
        {
            revision = (await replica.Fleet.SetMemberStateAsync(request, cancellationToken: CancellationToken.None)).Revision;
            Volatile.Write(ref _latest, revision);
        }
        catch (RpcException e)
        {
            var info = e.GetRpcStatus()?.GetDetail<Google.Rpc.ErrorInfo>();
            outcome = info?.Reason == "REVISION_MISMATCH" ? HistoryOutcome.Mismatch : info?.Metadata.ContainsKey("made") == true ? HistoryOutcome.Unknown : HistoryOutcome.Refused;
            if (outcome != HistoryOutcome.Mismatch)
            {
                _failed.Enqueue(info?.Reason ?? e.Status.ToString());
                await Task.Delay(20, CancellationToken.None);
            }
        }
        _history.Add(new HistoryWrite(place, request.Server, request.Reason, start, _history.Tick(), request.HasExpectedRevision ? request.ExpectedRevision : null, outcome, revision));
        return revision;
    }

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
            using var watch = replica.Watch.WatchHealth(new() { Servers = { Servers, "probe" } }, cancellationToken: ending);
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
