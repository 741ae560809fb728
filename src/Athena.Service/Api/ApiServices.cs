using Athena.Hosting;
using Grpc.HealthCheck;
using Microsoft.Extensions.Options;

namespace Athena.Service.Api;

internal static class ApiServices
{
    /// <summary>The data plane.</summary>
    public static IServiceCollection AddAthenaApi(this IServiceCollection services)
    {
        services.AddStrictOptions<LeaseOptions>("Athena:Leases");
        services.AddSingleton<IValidateOptions<LeaseOptions>, LeaseOptionsValidator>();
        services.AddSingleton<StatsIntake>();
        services.AddSingleton<OutcomeIntake>();
        services.AddSingleton<SteeringSource>();
        services.AddSingleton<BalancerApi>();
        services.AddSingleton<StatsApi>();
        services.AddSingleton<ChangeFeed>();
        services.AddHostedService(provider => provider.GetRequiredService<ChangeFeed>());
        services.AddSingleton<WatchTurns>();
        services.AddSingleton<WholeHealth>();
        services.AddSingleton<Watches>();
        services.AddSingleton<WatchApi>();
        services.AddSingleton<HealthServiceImpl>();
        services.AddHostedService<FarmHealthPublisher>();
        return services;
    }

    /// <summary>grpc.health.v1, reflection and the plain `/healthz`.</summary>
    public static void MapAthenaHealth(this WebApplication app)
    {
        app.MapGrpcService<HealthServiceImpl>();
        app.MapGrpcReflectionService();
        app.MapGet("/healthz", () => Results.Text("ok\n"));
    }
}
