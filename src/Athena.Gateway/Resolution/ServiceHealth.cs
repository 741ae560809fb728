using Athena.Client;
using Grpc.Core;
using Grpc.Health.V1;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Athena.Gateway.Resolution;

/// <summary>Whether decisions can be made: by the service, or here by the fleet as last told.</summary>
internal sealed class ServiceHealth(AthenaClient client, SteadyBalancer balancer, TimeProvider time) : IHealthCheck
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    private readonly Health.HealthClient _health = new(client.Channel);

    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        try
        {
            var answer = await _health.CheckAsync(new HealthCheckRequest(), deadline: time.GetUtcNow().UtcDateTime + Patience, cancellationToken: cancellationToken);
            return answer.Status == HealthCheckResponse.Types.ServingStatus.Serving ? HealthCheckResult.Healthy() : Without($"the service says {answer.Status}");
        }
        catch (RpcException e)
        {
            return Without($"the service was not reached: {e.StatusCode}");
        }
    }

    /// <summary>Degraded counts as ready: the gateway serves.</summary>
    private HealthCheckResult Without(string why) => balancer.IsReady ? HealthCheckResult.Degraded(why) : HealthCheckResult.Unhealthy(why);
}
