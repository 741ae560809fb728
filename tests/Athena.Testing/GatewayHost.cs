namespace Athena.Testing;

/// <summary>The gateway as a real process on free ports.</summary>
public sealed class GatewayHost : IAsyncDisposable
{
    private GatewayHost(ChildProcess process, Uri[] addresses)
    {
        (Process, Addresses) = (process, [.. addresses.Skip(1)]);
        var (management, traffic) = (addresses[0], Addresses[^1]);
        Management = new HttpClient { BaseAddress = management };
        // Redirects are looked at, not followed; cookies are looked at, not sent back.
        Traffic = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false }) { BaseAddress = traffic };
    }

    public ChildProcess Process { get; }

    /// <summary>Where visitors come, in the order of the endpoints' names.</summary>
    public Uri[] Addresses { get; }

    public HttpClient Management { get; }

    public HttpClient Traffic { get; }

    public static Task<GatewayHost> StartAsync(Uri service, params string[] arguments) => StartAsync(service, arguments, 2);

    /// <summary>A gateway with so many endpoints, `Management` and `Traffic` among them.</summary>
    public static async Task<GatewayHost> StartAsync(Uri service, string[] arguments, int endpoints)
    {
        var process = ChildProcess.Start("Athena.Gateway",
            // Patient on a slow machine: these tests are no measurement.
            [$"--Gateway:Service:0={service}", "--Gateway:DecisionTimeout=00:00:30", "--Kestrel:Endpoints:Traffic:Url=http://127.0.0.1:0", "--Kestrel:Endpoints:Management:Url=http://127.0.0.1:0", .. arguments]);
        try
        {
            var addresses = await process.AddressesAsync(endpoints);
            return new GatewayHost(process, addresses);
        }
        catch
        {
            await process.DisposeAsync();
            throw;
        }
    }

    /// <summary>A gateway with one ProxyPass.</summary>
    public static Task<GatewayHost> PassAsync(Uri service, string from, string to, params string[] arguments) =>
        StartAsync(service, [$"--Gateway:ProxyPass:0:From={from}", $"--Gateway:ProxyPass:0:To={to}", .. arguments]);

    public async ValueTask DisposeAsync()
    {
        Management.Dispose();
        Traffic.Dispose();
        await Process.DisposeAsync();
    }
}
