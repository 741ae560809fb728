using Athena.Engine.Farms;
using Athena.Hosting;
using Athena.Service.State.Etcd;
using Athena.Service.State.Memory;
using Athena.Service.State.Sqlite;
using Athena.Service.Telemetry;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace Athena.Service.State;

internal static class StateServices
{
    /// <summary>The writer, its store and the configured fleet.</summary>
    public static IServiceCollection AddAthenaState(this IServiceCollection services)
    {
        services.AddStrictOptions<StoreOptions>("Athena:Store");
        services.AddSingleton<IValidateOptions<StoreOptions>, StoreOptionsValidator>();
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton<FleetValidator>();
        services.AddSingleton<ChangeLog>();
        services.AddSingleton<KeptDecisions>();
        services.AddSingleton<OperatorLog>();
        services.AddSingleton<StoreMetrics>();
        services.AddSingleton<MemoryStateStore>();
        services.AddSingleton<SqliteStateStore>();
        services.AddSingleton<IValidateOptions<StoreOptions>, StoreEndpointsValidator>();
        services.AddSingleton<EtcdConnection>();
        services.AddSingleton<EtcdStateStore>();
        services.AddSingleton<EtcdReplica>();
        services.AddSingleton<IStateStore>(all => all.GetRequiredService<IOptions<StoreOptions>>().Value.Kind switch
        {
            "etcd" => all.GetRequiredService<EtcdStateStore>(),
            "memory" => all.GetRequiredService<MemoryStateStore>(),
            _ => all.GetRequiredService<SqliteStateStore>(),
        });
        services.AddSingleton<FleetWriter>();
        services.AddSingleton<SteeringInForce>();
        services.AddHostedService<FleetLoader>();
        return services;
    }
}
