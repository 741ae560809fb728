using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Athena.Gateway.Resolution;

/// <summary>Opens the connection to the service before the first visitor comes: the first call of a process costs a hundred times the next.</summary>
/// <remarks>A service that does not answer delays the start by a second and stops nothing.</remarks>
internal sealed class WarmUp(HealthCheckService health) : IHostedService
{
    public Task StartAsync(CancellationToken cancellationToken) => health.CheckHealthAsync(cancellationToken);

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
