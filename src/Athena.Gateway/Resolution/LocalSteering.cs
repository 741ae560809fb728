using Athena.Client;
using Athena.Hosting;

namespace Athena.Gateway.Resolution;

/// <summary>Gives the local pick the keys of steering tokens, at the start and whenever they change: while the service is away it steers as the service does.</summary>
/// <remarks>Keys are the gateway's own configuration. The service tells nobody its keys: whoever may watch the fleet could mint tokens.</remarks>
internal sealed class LocalSteering(SteadyBalancer balancer, LastGoodOptions<GatewayOptions> options) : IHostedService
{
    public Task StartAsync(CancellationToken cancellationToken)
    {
        Use();
        options.Changed += Use;
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken)
    {
        options.Changed -= Use;
        return Task.CompletedTask;
    }

    private void Use() => balancer.SteerBy(options.Current.Steering.ToRules());
}
