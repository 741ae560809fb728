using System.Globalization;
using System.Text.Json;
using Athena.LoadBench.Servers;
using Athena.V1;
using Grpc.Net.Client;

namespace Athena.LoadBench.Watching;

/// <summary>The service with two farms, one that flaps and one that does not.</summary>
internal sealed class Stage : IAsyncDisposable
{
    /// <summary>The farm that does not flap.</summary>
    public const string Steady = "steady";

    private readonly DirectoryInfo _folder;
    private readonly ServerProcess _service;
    private readonly GrpcChannel _changes;
    private readonly int _servers;

    private Stage(DirectoryInfo folder, ServerProcess service, int grpcPort, int servers)
    {
        (_folder, _service, _servers, GrpcPort) = (folder, service, servers, grpcPort);
        _changes = GrpcChannel.ForAddress($"http://127.0.0.1:{grpcPort.ToString(CultureInfo.InvariantCulture)}");
    }

    public int HttpPort => _service.Port;

    public int GrpcPort { get; }

    /// <summary>Processor time of the service so far.</summary>
    public TimeSpan ProcessorTime => _service.ProcessorTime;

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
                [Steady] = new { Members = steady.ToDictionary(n => n, _ => new { Weight = 1 }) },
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

    /// <summary>All servers go down and come up again.</summary>
    public async Task FlapAsync()
    {
        var fleet = new FleetService.FleetServiceClient(_changes);
        foreach (var health in new[] { HealthState.Down, HealthState.Up })
        {
            await Parallel.ForEachAsync(Enumerable.Range(0, _servers), new ParallelOptions { MaxDegreeOfParallelism = 8 }, async (i, cancellation) =>
                await fleet.SetMemberStateAsync(new SetMemberStateRequest { Server = string.Create(CultureInfo.InvariantCulture, $"s{i}"), Health = health, Actor = "bench", Reason = "flap" }, cancellationToken: cancellation));
        }
    }

    /// <summary>The last word of a flap has this reason.</summary>
    public async Task EndAsync(string last)
    {
        var fleet = new FleetService.FleetServiceClient(_changes);
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
        _changes.Dispose();
        await _service.DisposeAsync();
        _folder.Delete(recursive: true);
    }
}
