using Athena.Service.Health.Checks;
using Athena.Service.Health.Ejection;

namespace Athena.Service.Health;

internal static class HealthServices
{
    /// <summary>What watches servers, states and leases as time goes by.</summary>
    public static IServiceCollection AddAthenaHealth(this IServiceCollection services)
    {
        services.AddSingleton<FreshnessMonitor>();
        services.AddHostedService(s => s.GetRequiredService<FreshnessMonitor>());
        services.AddHostedService<StateExpiry>();
        services.AddHostedService<StoreTender>();
        services.AddHostedService<StoreFollower>();
        services.AddHostedService<StatisticsSharing>();
        services.AddHostedService<LeaseSweeper>();
        services.AddHostedService<SlowStarts>();
        services.AddSingleton<HealthMetrics>();
        services.AddAthenaChecks();
        services.AddHostedService<EjectionMonitor>();
        services.AddHostedService<PolicyClock>();
        return services;
    }
}
