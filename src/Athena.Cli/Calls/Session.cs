using Athena.Cli.Output;
using Athena.Client;
using Athena.V1;
using Grpc.Core;

namespace Athena.Cli.Calls;

/// <summary>One service as a command talks to it.</summary>
internal sealed class Session : IDisposable
{
    private readonly AthenaClient _client;

    public Session(string address, TimeSpan timeout, bool json, Terminal terminal, CancellationToken cancellation)
    {
        (Address, Timeout, AsJson, Terminal, Cancellation) = (address, timeout, json, terminal, cancellation);
        _client = new AthenaClient(new AthenaClientOptions { Addresses = [address] });
    }

    public string Address { get; }

    public TimeSpan Timeout { get; }

    public bool AsJson { get; }

    public Terminal Terminal { get; }

    /// <summary>Ctrl-C, or the end of what the session is for.</summary>
    public CancellationToken Cancellation { get; }

    public TextWriter Out => Terminal.Out;

    public BalancerService.BalancerServiceClient Balancer => new(_client.Channel);

    public StatsService.StatsServiceClient Stats => new(_client.Channel);

    public FleetService.FleetServiceClient Fleet => new(_client.Channel);

    public WatchService.WatchServiceClient Watch => new(_client.Channel);

    /// <summary>For one call: ends after the time-out.</summary>
    public CallOptions Call => new(deadline: Terminal.Time.GetUtcNow().UtcDateTime + Timeout, cancellationToken: Cancellation);

    /// <summary>All farms, by name.</summary>
    public async Task<ListFarmsResponse> FarmsAsync()
    {
        var all = new ListFarmsResponse();
        do
        {
            var page = await Fleet.ListFarmsAsync(new() { PageToken = all.NextPageToken }, Call);
            all.MergeFrom(page);
            all.NextPageToken = page.NextPageToken;
        }
        while (all.NextPageToken.Length > 0);
        return all;
    }

    /// <summary>All servers, by name.</summary>
    public async Task<ListServersResponse> ServersAsync()
    {
        var all = new ListServersResponse();
        do
        {
            var page = await Fleet.ListServersAsync(new() { PageToken = all.NextPageToken }, Call);
            all.MergeFrom(page);
            all.NextPageToken = page.NextPageToken;
        }
        while (all.NextPageToken.Length > 0);
        return all;
    }

    public void Dispose() => _client.Dispose();
}
