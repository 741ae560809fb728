using Athena.Testing;

namespace Athena.Integration.Tests.Edge;

/// <summary>A gateway as a real process with one static route to a server that keeps every byte: no service is needed to look at the edge.</summary>
public class EdgeFixture : IAsyncLifetime
{
    public RecordingBackend Backend { get; } = new();

    public GatewayHost Gateway { get; private set; } = null!;

    public Uri Traffic => Gateway.Traffic.BaseAddress!;

    public static string[] RouteTo(Uri server) =>
    [
        "--ReverseProxy:Routes:r:ClusterId=static", "--ReverseProxy:Routes:r:Match:Path={**all}", $"--ReverseProxy:Clusters:static:Destinations:d:Address={server}",
    ];

    public async ValueTask InitializeAsync() => Gateway = await StartAsync();

    public virtual async ValueTask DisposeAsync()
    {
        await Gateway.DisposeAsync();
        await Backend.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    protected virtual Task<GatewayHost> StartAsync() => GatewayHost.StartAsync(new Uri("http://127.0.0.1:1"), RouteTo(Backend.Address));
}

/// <summary>The same with the server in a farm, where plain requests go by the gateway's own forwarder.</summary>
public sealed class FarmEdgeFixture : EdgeFixture
{
    private AthenaHost? _athena;

    /// <summary>A service with one farm, `web`, of this server alone.</summary>
    public static Task<AthenaHost> FarmOfAsync(Uri server) => AthenaHost.StartAsync(new
    {
        Servers = new { s = new { Address = server.ToString() } },
        Farms = new { web = new { Members = new { s = new { } } } },
    });

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        await (_athena?.DisposeAsync() ?? ValueTask.CompletedTask);
    }

    protected override async Task<GatewayHost> StartAsync()
    {
        _athena = await FarmOfAsync(Backend.Address);
        return await GatewayHost.PassAsync(_athena.GrpcAddress, "/", "http://web/");
    }
}
