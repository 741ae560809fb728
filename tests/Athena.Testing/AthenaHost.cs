using System.Net.Http.Json;
using System.Text.Json;
using Athena.V1;
using Grpc.Health.V1;
using Grpc.Net.Client;

namespace Athena.Testing;

/// <summary>The service as a real process on free ports, with clients for each of its faces.</summary>
public sealed class AthenaHost : IAsyncDisposable
{
    private readonly string _file;

    private AthenaHost(ChildProcess process, string file, Uri grpc, Uri http)
    {
        (Process, _file, GrpcAddress) = (process, file, grpc);
        Channel = GrpcChannel.ForAddress(grpc);
        Http = new HttpClient { BaseAddress = http };
    }

    public ChildProcess Process { get; }

    public Uri GrpcAddress { get; }

    public GrpcChannel Channel { get; }

    /// <summary>The HTTP/1.1 address.</summary>
    public HttpClient Http { get; }

    public BalancerService.BalancerServiceClient Balancer => new(Channel);

    public StatsService.StatsServiceClient Stats => new(Channel);

    public FleetService.FleetServiceClient Fleet => new(Channel);

    public WatchService.WatchServiceClient Watch => new(Channel);

    public ClassicService.ClassicServiceClient Classic => new(Channel);

    public Health.HealthClient Health => new(Channel);

    /// <summary>A service with one farm of servers at made-up addresses: policy round_robin.</summary>
    public static Task<AthenaHost> WithAsync(string farm, params string[] members) => StartAsync(Fleets.Of(farm, members));

    /// <summary>A service with this content of `Athena` in its configuration file. It keeps nothing, unless the arguments name a store.</summary>
    public static async Task<AthenaHost> StartAsync(object athena, params string[] arguments)
    {
        var file = Path.Combine(Path.GetTempPath(), $"athena-test-{Guid.NewGuid():N}.json");
        await WriteAsync(file, JsonSerializer.Serialize(new { Athena = athena }));
        var process = ChildProcess.Start("Athena.Service", [$"--Config={file}", "--Kestrel:Endpoints:Grpc:Url=http://127.0.0.1:0", "--Kestrel:Endpoints:Http:Url=http://127.0.0.1:0", "--Athena:Store:Kind=memory", .. arguments]);
        try
        {
            var addresses = await process.AddressesAsync(2);
            return new AthenaHost(process, file, addresses[0], addresses[1]);
        }
        catch
        {
            await process.DisposeAsync();
            throw;
        }
    }

    /// <summary>Changes the configuration file.</summary>
    public Task ConfigureAsync(object athena) => WriteAsync(_file, JsonSerializer.Serialize(new { Athena = athena }));

    /// <summary>Changes the configuration file to any text.</summary>
    public Task ConfigureTextAsync(string text) => WriteAsync(_file, text);

    /// <summary>Posts JSON text as it stands.</summary>
    public Task<HttpResponseMessage> PostJsonAsync(string path, string json) =>
        Http.PostAsync(path, new StringContent(json, System.Text.Encoding.UTF8, "application/json"));

    public async Task<JsonElement> GetJsonAsync(string path) => await Http.GetFromJsonAsync<JsonElement>(path);

    public async ValueTask DisposeAsync()
    {
        Channel.Dispose();
        Http.Dispose();
        await Process.DisposeAsync();
        File.Delete(_file);
    }

    /// <summary>In one step, as an editor does: nobody reads half a file.</summary>
    private static async Task WriteAsync(string file, string text)
    {
        var draft = file + ".new";
        await File.WriteAllTextAsync(draft, text);
        File.Move(draft, file, overwrite: true);
    }
}

/// <summary>Contents of the section `Athena`.</summary>
public static class Fleets
{
    /// <summary>One farm; the k-th server has the address http://127.0.0.1:(9001+k).</summary>
    public static Dictionary<string, object> Of(string farm, params string[] members) => new()
    {
        ["Servers"] = members.Select((m, i) => (m, i)).ToDictionary(m => m.m, m => (object)new { Address = $"http://127.0.0.1:{9001 + m.i}" }),
        ["Farms"] = new Dictionary<string, object> { [farm] = new { Members = members.ToDictionary(m => m, _ => new { Weight = 1 }) } },
    };
}
