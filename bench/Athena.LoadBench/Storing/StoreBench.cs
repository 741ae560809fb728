using System.Diagnostics;
using System.Globalization;
using Athena.Testing;
using Athena.V1;

namespace Athena.LoadBench.Storing;

/// <summary>What a change costs in the stores: its answer with SQLite; with three replicas on three etcd nodes how soon the others decide by it, and what the reports of many servers cost etcd.</summary>
internal static class StoreBench
{
    public const string Verb = "store";

    private const int Servers = 1000;
    private const int Changes = 300;
    private static readonly TimeSpan Reporting = TimeSpan.FromSeconds(20);

    public static async Task<int> RunAsync()
    {
        Console.WriteLine("| measured | p50 ms | p99 ms | of |");
        Console.WriteLine("| --- | --- | --- | --- |");
        await SqliteAsync();
        await using var etcd = await EtcdCluster.StartAsync(3);
        if (etcd is null)
        {
            await Console.Error.WriteLineAsync("etcd and etcdctl are not installed (Debian: etcd-server, etcd-client)");
            return 2;
        }
        await EtcdAsync(etcd);
        return 0;
    }

    private static async Task SqliteAsync()
    {
        var folder = Directory.CreateTempSubdirectory("athena-store-");
        await using (var athena = await AthenaHost.StartAsync(Fleets.Of("web", "a", "b"), "--Athena:Store:Kind=sqlite", $"--Athena:Store:Path={Path.Combine(folder.FullName, "athena.db")}", "--Logging:LogLevel:Default=Warning", "--Logging:LogLevel:Microsoft.Hosting.Lifetime=Information"))
        {
            var times = new List<double>();
            for (var i = -50; i < Changes; i++)
            {
                var begun = Stopwatch.GetTimestamp();
                await ChangeAsync(athena, i);
                times.Add(Stopwatch.GetElapsedTime(begun).TotalMilliseconds);
            }
            Print("SQLite: a change is answered", times[50..]);
        }
        folder.Delete(recursive: true);
    }

    private static async Task EtcdAsync(EtcdCluster etcd)
    {
        var names = Enumerable.Range(0, Servers).Select(i => string.Create(CultureInfo.InvariantCulture, $"s{i}")).ToArray();
        // Who is off at a replica shows in its next decision.
        var fleet = new
        {
            Servers = names.Append("a").Append("b").ToDictionary(n => n, _ => new { Address = "http://127.0.0.1:9001" }),
            Farms = new Dictionary<string, object>
            {
                ["web"] = new { Members = new Dictionary<string, object> { ["a"] = new { Tier = 0 }, ["b"] = new { Tier = 1 } } },
                ["all"] = new { Members = names.ToDictionary(n => n, _ => new { Weight = 1 }) },
            },
        };
        Task<AthenaHost> StartAsync() => AthenaHost.StartAsync(fleet, "--Athena:Store:Kind=etcd", $"--Athena:Store:Endpoints={etcd.Endpoints}", "--Logging:LogLevel:Default=Warning", "--Logging:LogLevel:Microsoft.Hosting.Lifetime=Information");
        await using var one = await StartAsync();
        await using var two = await StartAsync();
        await using var three = await StartAsync();
        AthenaHost[] replicas = [one, two, three];
        using var ending = new CancellationTokenSource();
        var reports = replicas.Select((r, i) => ReportAsync(r, [.. names.Where((_, n) => n % 3 == i)], ending.Token)).ToArray();
        await Task.Delay(TimeSpan.FromSeconds(3), TimeProvider.System);

        var (before, begun) = (await etcd.RevisionAsync(), Stopwatch.GetTimestamp());
        await Task.Delay(Reporting, TimeProvider.System);
        var (writes, seconds) = (await etcd.RevisionAsync() - before, Stopwatch.GetElapsedTime(begun).TotalSeconds);

        var (answered, seen) = (new List<double>(), new List<double>());
        for (var i = 0; i < Changes; i++)
        {
            var wanted = i % 2 == 0 ? "b" : "a";
            var start = Stopwatch.GetTimestamp();
            var others = replicas.Where((_, r) => r != i % 3).Select(r => SeesAsync(r, wanted, start)).ToArray();
            await ChangeAsync(replicas[i % 3], i);
            answered.Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
            seen.AddRange(await Task.WhenAll(others));
        }
        await ending.CancelAsync();
        var reported = (await Task.WhenAll(reports)).Sum();
        Print("etcd: a change is answered", answered);
        Print("etcd: decisions at the two other replicas follow it", seen);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"\n{Servers} servers, each reporting every second to one of three replicas ({reported} reports in all): {writes / seconds:F1} writes a second to etcd over {seconds:F0} s."));
    }

    /// <summary>Each of these servers reports once a second, spread over it.</summary>
    private static async Task<int> ReportAsync(AthenaHost replica, string[] servers, CancellationToken ending)
    {
        var (reported, begun) = (0, Stopwatch.GetTimestamp());
        while (!ending.IsCancellationRequested)
        {
            var due = (int)(Stopwatch.GetElapsedTime(begun).TotalSeconds * servers.Length);
            for (; reported < due; reported++)
            {
                await replica.Stats.UpdateStatsAsync(new UpdateStatsRequest { Server = servers[reported % servers.Length], Stats = { ["cpu"] = Random.Shared.NextDouble(), ["queue"] = reported % 17 } }, cancellationToken: CancellationToken.None);
            }
            await Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System, CancellationToken.None);
        }
        return reported;
    }

    private static async Task ChangeAsync(AthenaHost athena, int i) => await athena.Fleet.SetMemberStateAsync(new SetMemberStateRequest
    {
        Server = "a",
        State = i % 2 == 0 ? AdminState.Off : AdminState.On,
        Actor = "bench",
        Reason = i.ToString(CultureInfo.InvariantCulture),
    });

    /// <summary>Asks until the decision is the one that the change leads to.</summary>
    private static async Task<double> SeesAsync(AthenaHost replica, string wanted, long start)
    {
        while ((await replica.Balancer.BalanceAsync(new BalanceRequest { Farm = "web" })).Server != wanted)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(1), TimeProvider.System);
        }
        return Stopwatch.GetElapsedTime(start).TotalMilliseconds;
    }

    private static void Print(string what, List<double> times)
    {
        times.Sort();
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"| {what} | {times[times.Count / 2]:F1} | {times[times.Count * 99 / 100]:F1} | {times.Count} |"));
    }
}
