using System.Globalization;
using System.Text.Json;
using Athena.LoadBench.Servers;
using Athena.V1;
using Grpc.Net.Client;

namespace Athena.LoadBench.Watching;

/// <summary>How decisions fare, and how much memory the service takes, while many servers flap before many watchers.</summary>
internal static class WatchBench
{
    public const string Verb = "watchers";

    private const int Servers = 1000;
    private const int Callers = 4;
    private static readonly TimeSpan Quiet = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(120);

    /// <summary>The numbers of watchers and of rounds; null when they are not understood.</summary>
    public static (int Watchers, int Rounds)? Parse(string[] args)
    {
        var (watchers, rounds) = (5000, 3);
        return args.Length <= 3
            && (args.Length < 2 || (int.TryParse(args[1], NumberStyles.None, CultureInfo.InvariantCulture, out watchers) && watchers is >= 1 and <= 20_000))
            && (args.Length < 3 || (int.TryParse(args[2], NumberStyles.None, CultureInfo.InvariantCulture, out rounds) && rounds is >= 1 and <= 20))
            ? (watchers, rounds) : null;
    }

    /// <summary>Runs all rounds and prints a table.</summary>
    public static async Task<int> RunAsync(int watchers, int rounds)
    {
        await using var bench = await Stage.StartAsync(Servers);
        Print("| round | watchers | flap | p50 ms | p99 ms | decisions | flap s | told s | MB read | service MB |");
        Print("| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |");
        for (var round = 0; round <= rounds; round++)
        {
            await RowAsync(bench, [], round, flap: false);
            await RowAsync(bench, [], round, flap: true);
        }
        var open = new List<Watcher>();
        try
        {
            while (open.Count < watchers)
            {
                open.AddRange(await Task.WhenAll(Enumerable.Range(open.Count, Math.Min(50, watchers - open.Count)).Select(i => Watcher.OpenAsync(bench.HttpPort, i % 2 == 0))));
            }
            for (var round = 0; round <= rounds; round++)
            {
                await RowAsync(bench, open, round, flap: false);
                await RowAsync(bench, open, round, flap: true);
            }
        }
        finally
        {
            open.ForEach(w => w.Dispose());
        }
        return 0;
    }

    private static async Task RowAsync(Stage stage, List<Watcher> watchers, int round, bool flap)
    {
        using var ending = new CancellationTokenSource();
        var latencies = Enumerable.Range(0, Callers).Select(_ => DecideAsync(stage.Balancer, ending.Token)).ToArray();
        var memory = stage.PeakMemoryAsync(ending.Token);
        var bytes = watchers.Sum(w => w.Bytes);
        var begun = TimeProvider.System.GetTimestamp();
        var (made, told) = (TimeSpan.Zero, TimeSpan.Zero);
        if (flap)
        {
            var last = $"end-of-{round}";
            var heard = Task.WhenAll(watchers.Select(w => w.HearAsync(last)));
            await stage.FlapAsync(last);
            made = TimeProvider.System.GetElapsedTime(begun);
            await heard.WaitAsync(Patience);
            told = TimeProvider.System.GetElapsedTime(begun);
        }
        else
        {
            await Task.Delay(Quiet, TimeProvider.System);
        }
        await ending.CancelAsync();
        var all = (await Task.WhenAll(latencies)).SelectMany(l => l).Order().ToArray();
        var (most, read) = (await memory >> 20, (watchers.Sum(w => w.Bytes) - bytes) >> 20);
        // The first round warms up.
        Print(string.Create(CultureInfo.InvariantCulture, $"| {(round == 0 ? "warm" : round)} | {watchers.Count} | {(flap ? "yes" : "no")} | {all[all.Length / 2]:F2} | {all[all.Length * 99 / 100]:F2} | {all.Length} | {made.TotalSeconds:F1} | {told.TotalSeconds:F1} | {read} | {most} |"));
    }

    /// <summary>One caller: a decision, a short rest, and so on. Times are from the call to the answer, in milliseconds.</summary>
    private static async Task<List<double>> DecideAsync(BalancerService.BalancerServiceClient balancer, CancellationToken ending)
    {
        var times = new List<double>();
        while (!ending.IsCancellationRequested)
        {
            var begun = TimeProvider.System.GetTimestamp();
            await balancer.BalanceAsync(new BalanceRequest { Farm = "steady" }, cancellationToken: CancellationToken.None);
            times.Add(TimeProvider.System.GetElapsedTime(begun).TotalMilliseconds);
            await Task.Delay(TimeSpan.FromMilliseconds(1), TimeProvider.System, CancellationToken.None);
        }
        return times;
    }

    private static void Print(string line) => Console.WriteLine(line);
}

/// <summary>The service with two farms, one that flaps and one that does not.</summary>
internal sealed class Stage : IAsyncDisposable
{
    private readonly DirectoryInfo _folder;
    private readonly ServerProcess _service;
    private readonly GrpcChannel _decisions;
    private readonly GrpcChannel _changes;
    private readonly int _servers;

    private Stage(DirectoryInfo folder, ServerProcess service, int grpcPort, int servers)
    {
        (_folder, _service, _servers) = (folder, service, servers);
        _decisions = GrpcChannel.ForAddress($"http://127.0.0.1:{grpcPort.ToString(CultureInfo.InvariantCulture)}");
        _changes = GrpcChannel.ForAddress($"http://127.0.0.1:{grpcPort.ToString(CultureInfo.InvariantCulture)}");
    }

    public int HttpPort => _service.Port;

    public BalancerService.BalancerServiceClient Balancer => new(_decisions);

    public static async Task<Stage> StartAsync(int servers)
    {
        var folder = Directory.CreateTempSubdirectory("athena-watch-");
        var names = Enumerable.Range(0, servers).Select(i => string.Create(CultureInfo.InvariantCulture, $"s{i}")).ToArray();
        string[] steady = [.. Enumerable.Range(0, 10).Select(i => string.Create(CultureInfo.InvariantCulture, $"t{i}"))];
        var fleet = new
        {
            Servers = names.Concat(steady).ToDictionary(n => n, _ => new { Address = "http://127.0.0.1:9001" }),
            Farms = new Dictionary<string, object>
            {
                ["web"] = new { Members = names.ToDictionary(n => n, _ => new { Weight = 1 }) },
                ["steady"] = new { Members = steady.ToDictionary(n => n, _ => new { Weight = 1 }) },
            },
        };
        var file = Path.Combine(folder.FullName, "farm.json");
        await File.WriteAllTextAsync(file, JsonSerializer.Serialize(new { Athena = fleet }));
        var (grpc, http) = (ServerProcess.FreePort(), ServerProcess.FreePort());
        var service = await ServerProcess.StartAsync("Athena", http, folder.FullName, Contenders.ServiceAssembly(),
            $"--Config={file}", "--Athena:Store:Kind=memory", "--Logging:LogLevel:Default=Warning",
            $"--Kestrel:Endpoints:Grpc:Url=http://127.0.0.1:{grpc.ToString(CultureInfo.InvariantCulture)}", $"--Kestrel:Endpoints:Http:Url=http://127.0.0.1:{http.ToString(CultureInfo.InvariantCulture)}");
        return new Stage(folder, service, grpc, servers);
    }

    /// <summary>All servers go down and come up again; the last word of it has this reason.</summary>
    public async Task FlapAsync(string last)
    {
        var fleet = new FleetService.FleetServiceClient(_changes);
        foreach (var health in new[] { HealthState.Down, HealthState.Up })
        {
            await Parallel.ForEachAsync(Enumerable.Range(0, _servers), new ParallelOptions { MaxDegreeOfParallelism = 8 }, async (i, cancellation) =>
                await fleet.SetMemberStateAsync(new SetMemberStateRequest { Server = string.Create(CultureInfo.InvariantCulture, $"s{i}"), Health = health, Actor = "bench", Reason = "flap" }, cancellationToken: cancellation));
        }
        await fleet.SetMemberStateAsync(new SetMemberStateRequest { Server = "s0", State = AdminState.Drain, Actor = "bench", Reason = last });
        await fleet.SetMemberStateAsync(new SetMemberStateRequest { Server = "s0", State = AdminState.On, Actor = "bench", Reason = last });
    }

    /// <summary>The most resident memory seen until the end, in bytes.</summary>
    public async Task<long> PeakMemoryAsync(CancellationToken ending)
    {
        var peak = 0L;
        do
        {
            peak = Math.Max(peak, _service.Memory);
            await Task.WhenAny(Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System, ending));
        }
        while (!ending.IsCancellationRequested);
        return peak;
    }

    public async ValueTask DisposeAsync()
    {
        _decisions.Dispose();
        _changes.Dispose();
        await _service.DisposeAsync();
        _folder.Delete(recursive: true);
    }
}
