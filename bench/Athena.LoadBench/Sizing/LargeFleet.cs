using System.Globalization;
using System.Text.Json;
using Athena.Client;
using Athena.LoadBench.Servers;
using Athena.V1;

namespace Athena.LoadBench.Sizing;

/// <summary>The service as it ships, with farms that share no server, and everything that fills its boards and tables.</summary>
internal sealed class LargeFleet : IAsyncDisposable
{
    /// <summary>Reports in one message, and callers who ask at once.</summary>
    private const int AtOnce = 100;

    private readonly DirectoryInfo _folder;
    private readonly ServerProcess _service;
    private readonly string[][] _farms;
    private readonly AthenaClient _client;
    private readonly HttpClient _http = new();

    private LargeFleet(DirectoryInfo folder, ServerProcess service, int grpcPort, string[][] farms)
    {
        (_folder, _service, _farms) = (folder, service, farms);
        _client = new AthenaClient(new AthenaClientOptions { Addresses = [$"http://127.0.0.1:{Text(grpcPort)}"], Timeout = TimeSpan.FromSeconds(30) });
    }

    /// <summary>Resident now, in bytes.</summary>
    public long Memory => _service.Memory;

    /// <summary>Most that ever was resident, in bytes.</summary>
    public long MostMemory => _service.MostMemory;

    /// <summary>Starts the service with so many farms, whose policies are these in turns: `NAME` or `NAME/PICK`.</summary>
    public static async Task<LargeFleet> StartAsync(int farms, int members, string[] policies)
    {
        var folder = Directory.CreateTempSubdirectory("athena-memory-");
        string[][] names = [.. Enumerable.Range(0, farms).Select(f => Enumerable.Range(0, members).Select(m => $"app{Text((f * members) + m)}").ToArray())];
        var fleet = new
        {
            Servers = names.SelectMany(n => n).Select((n, i) => (n, i)).ToDictionary(n => n.n, n => new { Address = $"http://10.{Text(n.i >> 16)}.{Text((n.i >> 8) & 255)}.{Text(n.i & 255)}:8080", Labels = new { zone = n.i % 3 == 0 ? "a" : "b" } }),
            Farms = names.Select((n, i) => (n, i)).ToDictionary(n => NameOf(n.i), n => new { Policy = PolicyOf(policies[n.i % policies.Length]), Members = n.n.ToDictionary(m => m, _ => new { Weight = 2 }) }),
        };
        var file = Path.Combine(folder.FullName, "fleet.json");
        await File.WriteAllTextAsync(file, JsonSerializer.Serialize(new { Athena = fleet }));
        var (grpc, http) = (ServerProcess.FreePort(), ServerProcess.FreePort());
        var service = await ServerProcess.StartAsync("Athena", http, folder.FullName, Contenders.ServiceAssembly(), $"--Config={file}", $"--Athena:Store:Path={Path.Combine(folder.FullName, "athena.db")}",
            "--Logging:LogLevel:Default=Warning", $"--Kestrel:Endpoints:Grpc:Url=http://127.0.0.1:{Text(grpc)}", $"--Kestrel:Endpoints:Http:Url=http://127.0.0.1:{Text(http)}");
        return new LargeFleet(folder, service, grpc, names);
    }

    /// <summary>Every server reports so often, and every farm decides so often; each decision has its outcome.</summary>
    public async Task WorkAsync(int reports, int decisions)
    {
        await using var stream = new SharedStreamClient(_client);
        // In two parts: what is learned between reports is learned by then.
        for (var part = 0; part < 2; part++)
        {
            await ReportAsync(reports / 2);
            var asked = Enumerable.Range(0, _farms.Length * decisions / 2).Select(i => NameOf(i % _farms.Length));
            await Parallel.ForEachAsync(asked, new ParallelOptions { MaxDegreeOfParallelism = AtOnce }, async (farm, cancellation) =>
            {
                var answer = await stream.BalanceAsync(new BalanceRequest { Farm = farm, Lease = true, HashKey = farm }, cancellation);
                stream.Report(new Outcome { DecisionId = answer.DecisionId, Kind = OutcomeKind.Success, Latency = new() { Nanos = Random.Shared.Next(1_000_000, 50_000_000) } });
            });
        }
    }

    /// <summary>What lived in the heap after the last collection, in bytes, as the service's own metrics tell.</summary>
    public async Task<long> HeapAsync() =>
        (await _http.GetStringAsync(new Uri(_service.Url + "/metrics"))).Split('\n').Where(l => l.StartsWith("dotnet_gc_last_collection_heap_size_bytes{", StringComparison.Ordinal))
            .Sum(l => (long)double.Parse(l.Split("} ")[1].Split(' ')[0], CultureInfo.InvariantCulture));

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        _client.Dispose();
        await _service.DisposeAsync();
        _folder.Delete(recursive: true);
    }

    private async Task ReportAsync(int times)
    {
        using var call = new StatsService.StatsServiceClient(_client.Channel).StreamStats(cancellationToken: default);
        for (var time = 0; time < times; time++)
        {
            foreach (var servers in _farms.SelectMany(f => f).Chunk(AtOnce))
            {
                var message = new StreamStatsRequest();
                message.Reports.AddRange(servers.Select(s => new UpdateStatsRequest { Server = s, Stats = { ["load"] = Random.Shared.NextDouble(), ["jobs"] = Random.Shared.Next(10) }, Load = new() { CpuUtilization = Random.Shared.NextDouble(), RpsFractional = 100 } }));
                await call.RequestStream.WriteAsync(message);
            }
        }
        await call.RequestStream.CompleteAsync();
        if (await call is { Rejected: > 0 } answer)
        {
            throw new InvalidOperationException($"reports were refused: {answer.Rejections[0].Error.Message}");
        }
    }

    private static Dictionary<string, object> PolicyOf(string policy) => policy.Split('/') switch
    {
        ["sum"] => new() { ["Name"] = "sum", ["Statistics"] = new { load = 1, jobs = 0.1 } },
        ["expression"] => new() { ["Name"] = "expression", ["Score"] = "0.6*load + 0.4*jobs + in_flight" },
        [var name, var pick] => new() { ["Name"] = name, ["Pick"] = pick },
        var name => new() { ["Name"] = name[0] },
    };

    private static string NameOf(int farm) => $"farm{Text(farm)}";

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
