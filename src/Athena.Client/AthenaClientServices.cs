using Athena.Client;
using Athena.Client.Statistics;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Athena's client in an application's services.</summary>
public static class AthenaClientServices
{
    /// <summary>Adds <see cref="AthenaClient"/>, <see cref="SharedStreamClient"/> and <see cref="SteadyBalancer"/>.</summary>
    public static IServiceCollection AddAthenaClient(this IServiceCollection services, Action<AthenaClientOptions>? configure = null)
    {
        services.TryAddSingleton(TimeProvider.System);
        services.AddOptions<AthenaClientOptions>().Configure(configure ?? (_ => { })).ValidateOnStart();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<AthenaClientOptions>, AthenaClientOptionsRanges>());
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<AthenaClientOptions>, AthenaClientOptionsAddresses>());
        services.TryAddSingleton(provider => new AthenaClient(provider.GetRequiredService<IOptions<AthenaClientOptions>>().Value, provider.GetRequiredService<TimeProvider>()));
        services.TryAddSingleton<SharedStreamClient>();
        services.TryAddSingleton<SteadyBalancer>();
        return services;
    }

    /// <summary>Reports this process's CPU, memory and requests in flight, and the application's own numbers, as statistics of a server.</summary>
    public static IServiceCollection AddAthenaReporter(this IServiceCollection services, Action<ReporterOptions> configure)
    {
        services.AddAthenaClient();
        services.AddOptions<ReporterOptions>().Configure(configure).ValidateOnStart();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<ReporterOptions>, ReporterOptionsValidator>());
        services.AddHostedService<StatisticsReporter>();
        return services;
    }
}
