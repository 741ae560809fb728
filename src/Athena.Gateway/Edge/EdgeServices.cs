using System.Net;
using System.Threading.RateLimiting;
using Athena.Gateway.Resolution;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using Yarp.ReverseProxy.Transforms.Builder;

namespace Athena.Gateway.Edge;

/// <summary>What stands between the network and the routes.</summary>
internal static class EdgeServices
{
    public static void AddEdge(this IServiceCollection services)
    {
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton<IConfigureOptions<KestrelServerOptions>, EdgeConnections>();
        services.AddSingleton<Certificates>();
        services.AddHostedService(provider => provider.GetRequiredService<Certificates>());
        services.AddSingleton<ClientAddress>();
        services.AddSingleton<ITransformProvider, ForwardedHeaders>();
        services.AddSingleton<ITransformProvider, RawSlashes>();
        services.AddRateLimiter(_ => { });
        services.AddOptions<Microsoft.AspNetCore.RateLimiting.RateLimiterOptions>().Configure<IOptions<GatewayOptions>, ClientAddress>((limiter, gateway, client) =>
        {
            if (gateway.Value.Limits.RequestsPerAddress is var most && most > 0)
            {
                limiter.GlobalLimiter = PartitionedRateLimiter.Create<HttpContext, IPAddress>(context =>
                    RateLimitPartition.GetConcurrencyLimiter(client.Of(context), _ => new ConcurrencyLimiterOptions { PermitLimit = most }));
            }
            limiter.OnRejected = static (rejected, _) => new ValueTask(NoServer.BusyAsync(rejected.HttpContext, "TOO_MANY_REQUESTS"));
        });
    }

    public static void UseEdge(this WebApplication app)
    {
        WeakParsing.Refuse();
        app.UseMiddleware<EdgeRules>();
        app.UseRateLimiter();
    }
}
