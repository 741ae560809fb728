using Athena.Gateway.Edge;
using Microsoft.Extensions.Options;
using OpenTelemetry.Exporter;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace Athena.Gateway.Telemetry;

/// <summary>Metrics for Prometheus always, traces to a collector when one is configured.</summary>
internal static class TelemetryServices
{
    /// <summary>
    /// While the category is on at any level, the server makes an activity and a log scope for every request, whether anybody looks or not. What it
    /// logs is each request's beginning and end.
    /// </summary>
    public const string RequestDiagnostics = "Logging:LogLevel:Microsoft.AspNetCore.Hosting.Diagnostics";

    /// <returns>Whether spans are recorded.</returns>
    public static bool AddTelemetry(this WebApplicationBuilder builder)
    {
        builder.Services.AddSingleton<GatewayMetrics>();
        var telemetry = builder.Services.AddOpenTelemetry().ConfigureResource(resource => resource.AddService("athena-gateway"))
            .WithMetrics(metrics => metrics.AddMeter(GatewayMetrics.MeterName, "System.Runtime").AddPrometheusExporter());
        var tracing = builder.Configuration.GetSection("Gateway:Tracing").Get<TracingOptions>() ?? new TracingOptions();
        if (tracing.Collector is not { } collector)
        {
            return false;
        }
        builder.Services.AddHttpContextAccessor();
        telemetry.WithTracing(traces => traces
            .AddSource("Microsoft.AspNetCore", DecisionSpan.SourceName, "System.Net.Http")
            .SetSampler(services => tracing.TrustVisitors
                ? new ParentBasedSampler(new TraceIdRatioBasedSampler(tracing.Share))
                : new VisitorSampler(tracing.Share, new Networks(services.GetRequiredService<IOptions<GatewayOptions>>().Value.Edge.TrustedProxies), services.GetRequiredService<IHttpContextAccessor>()))
            .AddOtlpExporter(exporter =>
            {
                exporter.Endpoint = collector;
                exporter.Protocol = tracing.Protocol == TracingProtocol.Http ? OtlpExportProtocol.HttpProtobuf : OtlpExportProtocol.Grpc;
            }));
        return true;
    }
}
