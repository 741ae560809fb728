using OpenTelemetry.Metrics;

namespace Athena.Service.Telemetry;

internal static class TelemetryServices
{
    /// <summary>The meter, and Prometheus' page.</summary>
    public static IServiceCollection AddAthenaTelemetry(this IServiceCollection services)
    {
        services.AddSingleton<AthenaMetrics>();
        services.AddOpenTelemetry().WithMetrics(metrics => metrics.AddMeter(AthenaMetrics.MeterName).AddPrometheusExporter());
        return services;
    }

    /// <summary>`/metrics`.</summary>
    public static void MapAthenaTelemetry(this WebApplication app) => app.MapPrometheusScrapingEndpoint();
}
