using Athena.Testing;

namespace Athena.Integration.Tests.Edge;

/// <summary>A gateway as a real process with one static route to a server that keeps every byte: no service is needed to look at the edge.</summary>
public sealed class EdgeFixture : IAsyncLifetime
{
    public RecordingBackend Backend { get; } = new();

    public GatewayHost Gateway { get; private set; } = null!;

    public Uri Traffic => Gateway.Traffic.BaseAddress!;

    public static string[] RouteTo(Uri server) =>
    [
        "--ReverseProxy:Routes:r:ClusterId=static", "--ReverseProxy:Routes:r:Match:Path={**all}", $"--ReverseProxy:Clusters:static:Destinations:d:Address={server}",
    ];

    public async ValueTask InitializeAsync() => Gateway = await GatewayHost.StartAsync(new Uri("http://127.0.0.1:1"), RouteTo(Backend.Address));

    public async ValueTask DisposeAsync()
    {
        await Gateway.DisposeAsync();
        await Backend.DisposeAsync();
    }
}
