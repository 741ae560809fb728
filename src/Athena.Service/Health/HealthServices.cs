namespace Athena.Service.Health;

internal static class HealthServices
{
    /// <summary>What watches servers, states and leases as time goes by.</summary>
    public static IServiceCollection AddAthenaHealth(this IServiceCollection services)
    {
        services.AddSingleton<FreshnessMonitor>();
        services.AddHostedService(s => s.GetRequiredService<FreshnessMonitor>());
        services.AddHostedService<StateExpiry>();
        services.AddHostedService<LeaseSweeper>();
        services.AddHostedService<PolicyClock>();
        return services;
    }
}
