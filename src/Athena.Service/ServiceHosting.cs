using Athena.Engine;
using Athena.Engine.Farms;
using Athena.Engine.Leases;
using Athena.Engine.Policies;
using Athena.Engine.Simulating;
using Athena.Engine.Statistics;
using Athena.Engine.Steering;
using Athena.Hosting;
using Athena.Service.Admin;
using Athena.Service.Api;
using Athena.Service.Classic;
using Athena.Service.Contract.OpenApi;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace Athena.Service;

/// <summary>How the process stands on its host: where its configuration comes from, where it listens, what it runs.</summary>
internal static class ServiceHosting
{
    private static readonly Dictionary<string, string?> Defaults = new()
    {
        ["Kestrel:Endpoints:Grpc:Url"] = "http://127.0.0.1:7400",
        ["Kestrel:Endpoints:Grpc:Protocols"] = "Http2",
        ["Kestrel:Endpoints:Http:Url"] = "http://127.0.0.1:7401",
        ["Kestrel:Endpoints:Http:Protocols"] = "Http1",
        ["Logging:LogLevel:Grpc"] = "Warning",
    };

    /// <summary>Our defaults under the usual sources.</summary>
    public static void AddAthenaConfiguration(this WebApplicationBuilder builder) => builder.AddConfigurationFiles(Defaults);

    /// <summary>Kestrel as the data plane wants it.</summary>
    public static void AddAthenaListeners(this WebApplicationBuilder builder)
    {
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.ReplaceLeftSockets();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.Http2.MaxStreamsPerConnection = 1000;
            kestrel.Limits.MaxRequestBodySize = 4 << 20;
            kestrel.Limits.MaxRequestLineSize = 16 << 10;
        });
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = TimeSpan.FromSeconds(30));
    }

    /// <summary>The decision itself. A further policy is one more line in <see cref="PolicyCatalog.BuiltIn"/>, or one registered by a plug-in.</summary>
    public static void AddAthenaEngine(this IServiceCollection services)
    {
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddEnumerable(PolicyCatalog.BuiltIn.Select(policy => new ServiceDescriptor(typeof(IBalancingPolicy), policy)));
        services.AddSingleton<PolicyCatalog>();
        services.AddSingleton<StatisticNames>();
        services.AddSingleton<SnapshotCompiler>();
        services.AddSingleton<SnapshotHolder>();
        services.AddSingleton<LeaseTable>();
        services.AddSingleton<SteeringVerifier>();
        services.AddSingleton<Balancer>();
        services.AddSingleton<PolicyRefresher>();
        services.AddSingleton<Simulator>();
    }

    /// <summary>The control plane and the classic interface.</summary>
    public static void AddAthenaFaces(this IServiceCollection services)
    {
        services.AddSingleton<Simulations>();
        services.AddSingleton<FleetApi>();
        services.AddAthenaClassic();
    }

    /// <summary>Every gRPC service with its JSON routes, and the document that describes these.</summary>
    public static void MapAthenaFaces(this IEndpointRouteBuilder app)
    {
        app.MapGrpcService<BalancerApi>();
        app.MapGrpcService<StatsApi>();
        app.MapGrpcService<WatchApi>();
        app.MapGrpcService<FleetApi>();
        app.MapGrpcService<ClassicApi>();
        app.MapOpenApi();
    }
}
