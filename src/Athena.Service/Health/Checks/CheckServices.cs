using Athena.Hosting;
using Microsoft.Extensions.Options;

namespace Athena.Service.Health.Checks;

internal static class CheckServices
{
    /// <summary>Active checks. Another kind is one more probe.</summary>
    public static IServiceCollection AddAthenaChecks(this IServiceCollection services)
    {
        services.AddStrictOptions<CheckOptions>("Athena:Checks");
        services.AddSingleton<IValidateOptions<CheckOptions>, CheckOptionsValidator>();
        services.AddSingleton<CheckHandler>();
        services.AddSingleton<ICheckProbe, HttpProbe>();
        services.AddSingleton<ICheckProbe, TcpProbe>();
        services.AddSingleton<ICheckProbe, GrpcProbe>();
        services.AddHostedService<CheckRunner>();
        return services;
    }
}
