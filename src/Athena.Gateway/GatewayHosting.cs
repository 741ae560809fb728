using Athena.Client;
using Athena.Gateway.Affinity;
using Athena.Gateway.Edge;
using Athena.Gateway.Forwarding;
using Athena.Gateway.Resolution;
using Athena.Gateway.Resolution.Headers;
using Athena.Gateway.Resolution.Retries;
using Athena.Gateway.Routing;
using Athena.Gateway.Telemetry;
using Athena.Hosting;
using Microsoft.Extensions.Options;
using Yarp.ReverseProxy.Configuration;

namespace Athena.Gateway;

/// <summary>How the process stands on its host.</summary>
internal static class GatewayHosting
{
    private static readonly Dictionary<string, string?> Defaults = new()
    {
        ["Kestrel:Endpoints:Traffic:Url"] = "http://127.0.0.1:7480",
        ["Kestrel:Endpoints:Management:Url"] = "http://127.0.0.1:7481",
        // Keys of YARP's own affinity cookies; a farm's affinity does not use them.
        ["Logging:LogLevel:Microsoft.AspNetCore.DataProtection"] = "Error",
        [TelemetryServices.RequestDiagnostics] = "None",
        // That the service is away is logged once (5001, 5006), not with every look at /readyz.
        ["Logging:LogLevel:Microsoft.Extensions.Diagnostics.HealthChecks"] = "None",
        ["Logging:LogLevel:System.Net.Http"] = "Warning",
        ["Logging:LogLevel:Yarp"] = "Warning",
        // A stack trace for each request that a dead server fails; FailureLog says it in a line a second.
        ["Logging:LogLevel:Yarp.ReverseProxy.Forwarder.HttpForwarder"] = "Error",
    };

    public static void AddGatewayConfiguration(this WebApplicationBuilder builder) => builder.AddConfigurationFiles(Defaults);

    public static void AddGatewayListeners(this WebApplicationBuilder builder)
    {
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.ReplaceLeftSockets();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            Management.MarkConnections(kestrel);
        });
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = TimeSpan.FromSeconds(30));
    }

    public static void AddGatewayServices(this WebApplicationBuilder builder)
    {
        var services = builder.Services;
        services.AddEdge();
        services.AddStrictOptions<GatewayOptions>("Gateway");
        services.AddSingleton<IValidateOptions<GatewayOptions>, GatewayOptionsValidator>();
        services.AddSingleton<LastGoodOptions<GatewayOptions>>();
        services.AddAthenaClient();
        services.AddOptions<AthenaClientOptions>().Configure<IOptions<GatewayOptions>>((client, gateway) =>
        {
            foreach (var address in gateway.Value.Service)
            {
                client.Addresses.Add(address);
            }
            client.Timeout = gateway.Value.DecisionTimeout;
        });
        services.AddOptions<SteadyOptions>().Configure<IOptions<GatewayOptions>>((steady, gateway) =>
            (steady.SnapshotFile, steady.Ahead) = (gateway.Value.SnapshotFile, gateway.Value.Ahead));
        services.AddSingleton<ServerPools>();
        services.AddSingleton<LeanRoutes>();
        services.AddSingleton<LeanForwarder>();
        services.AddSingleton<FarmForwarder>();
        services.AddSingleton<FailureLog>();
        services.AddSingleton<IAnswerChange, ReverseMapping>();
        services.AddSingleton<IAnswerChange, SteeringSetCookie>();
        services.AddSingleton<IAnswerChange, AffinitySetCookie>();
        services.AddSingleton<RetryRules>();
        services.AddSingleton<SteeringCarrier>();
        services.AddSingleton<HashKeys>();
        services.AddSingleton<AffinityKeyring>();
        services.AddSingleton<VisitorPins>();
        services.AddSingleton<IProxyConfigProvider, FarmRoutes>();
        var proxy = services.AddReverseProxy()
            .LoadFromConfig(builder.Configuration.GetSection("ReverseProxy"))
            .AddConfigFilter<HeaderBytes>()
            .AddTransforms<AnswerChangesOfYarp>();
        services.AddHostedService<LocalSteering>();
        services.AddHostedService<WarmUp>();
        services.AddHealthChecks().AddCheck<ServiceHealth>("service");
        var isTracing = builder.AddTelemetry();
        proxy.ConfigureHttpClient((_, handler) => ConfigureServers(handler, builder.Configuration, isTracing));
    }

    /// <summary>How servers are connected to. Called once: the last caller would win.</summary>
    private static void ConfigureServers(SocketsHttpHandler handler, ConfigurationManager configuration, bool isTracing)
    {
        handler.ConnectTimeout = configuration.GetValue<TimeSpan?>("Gateway:ConnectTimeout") ?? new GatewayOptions().ConnectTimeout;
        if (!isTracing)
        {
            // Visitors' traceparent passes like any header, and nothing is asked for each request.
            handler.ActivityHeadersPropagator = null;
        }
    }

    /// <summary>`/healthz` (the process runs), `/readyz` (decisions can be made) and `/metrics`, on the management address alone.</summary>
    public static void UseManagement(this WebApplication app) => app.MapWhen(Management.IsAddressed, management =>
    {
        management.UseRouting();
        management.UseEndpoints(endpoints =>
        {
            endpoints.MapHealthChecks("/healthz", new() { Predicate = _ => false });
            endpoints.MapHealthChecks("/readyz");
            endpoints.MapPrometheusScrapingEndpoint();
        });
    });

    /// <summary>Visitors' requests.</summary>
    public static void UseTraffic(this WebApplication app)
    {
        app.UseEdge();
        app.UseRouting();
        app.MapReverseProxy(proxy =>
        {
            proxy.UseMiddleware<FarmResolution>();
            proxy.UseSessionAffinity();
            proxy.UseLoadBalancing();
            proxy.UsePassiveHealthChecks();
        });
    }
}
