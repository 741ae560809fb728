using Athena.Client;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Athena.Gateway.Resolution;

/// <summary>Opens the connection to the service before the first visitor comes (the first call of a process costs a hundred times the next), and waits for the first fleet.</summary>
/// <remarks>A service that does not answer delays the start by a second and stops nothing.</remarks>
internal sealed class WarmUp(HealthCheckService health, SteadyBalancer balancer, TimeProvider time) : IHostedService
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        await Task.WhenAll(health.CheckHealthAsync(cancellationToken), balancer.FirstFleetAsync.WaitAsync(Patience, time, cancellationToken)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
