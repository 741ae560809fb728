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
        services.AddSingleton<ForwardedHeaders>();
        services.AddSingleton<ITransformProvider>(provider => provider.GetRequiredService<ForwardedHeaders>());
        services.AddSingleton<ITransformProvider, RawSlashes>();
    }

    public static void UseEdge(this WebApplication app)
    {
        WeakParsing.Refuse();
        app.UseMiddleware<EdgeRules>();
        app.UseMiddleware<AddressLimit>();
    }
}
