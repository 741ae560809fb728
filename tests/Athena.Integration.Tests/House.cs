using Athena.Testing;

namespace Athena.Integration.Tests;

/// <summary>Service, gateway and backends of one farm `web`.</summary>
internal sealed class House : IAsyncDisposable
{
    public required AthenaHost Athena { get; init; }

    public required GatewayHost Gateway { get; init; }

    public required Backend[] Backends { get; init; }

    public static async Task<House> StartAsync(string from, string to, params string[] servers) =>
        await StartAsync(from, to, await Task.WhenAll(servers.Select(s => Backend.StartAsync(s))));

    public static Task<House> StartAsync(string from, string to, params Backend[] backends) => StartAsync(from, to, [], backends);

    /// <summary>With further arguments for the gateway.</summary>
    public static async Task<House> StartAsync(string from, string to, string[] arguments, params Backend[] backends)
    {
        var athena = await AthenaHost.StartAsync(Fleet("web", backends));
        return new House { Athena = athena, Gateway = await GatewayHost.PassAsync(athena.GrpcAddress, from, to, arguments), Backends = backends };
    }

    public static object Fleet(string farm, params Backend[] backends) => new
    {
        Servers = backends.ToDictionary(b => b.Name, b => new { Address = b.Address.ToString() }),
        Farms = new Dictionary<string, object> { [farm] = new { Members = backends.ToDictionary(b => b.Name, _ => new { Weight = 1 }) } },
    };

    public async Task<long> InFlightAsync(string server) => (await Athena.Stats.GetStatsAsync(new() { Server = server })).InFlight;

    public async ValueTask DisposeAsync()
    {
        await Gateway.DisposeAsync();
        await Athena.DisposeAsync();
        foreach (var backend in Backends)
        {
            await backend.DisposeAsync();
        }
    }
}
