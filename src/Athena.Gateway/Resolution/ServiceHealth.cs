using Athena.Client;
using Grpc.Core;
using Grpc.Health.V1;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Athena.Gateway.Resolution;

/// <summary>Whether the service answers: without it the gateway can decide nothing.</summary>
internal sealed class ServiceHealth(AthenaClient client, TimeProvider time) : IHealthCheck
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    private readonly Health.HealthClient _health = new(client.Channel);

    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        try
        {
            var answer = await _health.CheckAsync(new HealthCheckRequest(), deadline: time.GetUtcNow().UtcDateTime + Patience, cancellationToken: cancellationToken);
            return answer.Status == HealthCheckResponse.Types.ServingStatus.Serving ? HealthCheckResult.Healthy() : HealthCheckResult.Unhealthy($"the service says {answer.Status}");
        }
        catch (RpcException e)
        {
            return HealthCheckResult.Unhealthy($"the service was not reached: {e.StatusCode}");
        }
    }
}
