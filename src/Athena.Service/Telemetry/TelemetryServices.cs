using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;

namespace Athena.Service.Telemetry;

internal static class TelemetryServices
{
    /// <summary>The meter, and Prometheus' page.</summary>
    public static IServiceCollection AddAthenaTelemetry(this IServiceCollection services)
    {
        services.AddSingleton<AthenaMetrics>();
        services.AddOpenTelemetry().ConfigureResource(resource => resource.AddService("athena-service")).WithMetrics(metrics => metrics.AddMeter(AthenaMetrics.MeterName, "System.Runtime").AddPrometheusExporter());
        return services;
    }

    /// <summary>`/metrics`.</summary>
    public static void MapAthenaTelemetry(this WebApplication app) => app.MapPrometheusScrapingEndpoint();
}
