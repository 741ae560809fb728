using Athena.Engine;
using Athena.Engine.Farms;
using Athena.Engine.Leases;
using Athena.Engine.Policies;
using Athena.Engine.Statistics;
using Athena.Service.Admin;
using Athena.Service.Classic;
using Athena.Service.State;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Athena.Service;

/// <summary>How the process stands on its host: where its configuration comes from, where it listens, what it runs.</summary>
internal static class Hosting
{
    private static readonly Dictionary<string, string?> Defaults = new()
    {
        ["Kestrel:Endpoints:Grpc:Url"] = "http://127.0.0.1:7400",
        ["Kestrel:Endpoints:Grpc:Protocols"] = "Http2",
        ["Kestrel:Endpoints:Http:Url"] = "http://127.0.0.1:7401",
        ["Kestrel:Endpoints:Http:Protocols"] = "Http1",
        ["Logging:LogLevel:Default"] = "Information",
        ["Logging:LogLevel:Microsoft.AspNetCore"] = "Warning",
        ["Logging:LogLevel:Grpc"] = "Warning",
    };

    /// <summary>
    /// The usual sources (appsettings.json of the working folder, environment, command line) over our defaults, and the file named by `--Config`
    /// between appsettings.json and the environment. A file that is changed for the worse keeps its last good content.
    /// </summary>
    public static void AddAthenaConfiguration(this WebApplicationBuilder builder)
    {
        var sources = ((IConfigurationBuilder)builder.Configuration).Sources;
        sources.Insert(0, new Microsoft.Extensions.Configuration.Memory.MemoryConfigurationSource { InitialData = Defaults });
        if (builder.Configuration["Config"] is { Length: > 0 } file)
        {
            var source = new Microsoft.Extensions.Configuration.Json.JsonConfigurationSource { Path = Path.GetFullPath(file), ReloadOnChange = true };
            source.ResolveFileProvider();
            var afterFiles = sources.ToList().FindLastIndex(s => s is Microsoft.Extensions.Configuration.Json.JsonConfigurationSource) + 1;
            sources.Insert(Math.Max(1, afterFiles), source);
        }
        LastGoodJsonSource.ReplaceAll(builder.Configuration, message => Console.Error.WriteLine($"Athena: {message}; its last good content stays in force"));
    }

    /// <summary>Kestrel as the data plane wants it.</summary>
    public static void AddAthenaListeners(this WebApplicationBuilder builder)
    {
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.Http2.MaxStreamsPerConnection = 1000;
            kestrel.Limits.MaxRequestBodySize = 4 << 20;
            kestrel.Limits.MaxRequestLineSize = 16 << 10;
        });
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = TimeSpan.FromSeconds(30));
    }

    /// <summary>The decision itself. A further policy is one more line in <see cref="PolicyCatalog.BuiltIn"/>, or one registered by a plug-in.</summary>
    public static void AddAthenaEngine(this IServiceCollection services)
    {
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddEnumerable(PolicyCatalog.BuiltIn.Select(policy => new ServiceDescriptor(typeof(IBalancingPolicy), policy)));
        services.AddSingleton<PolicyCatalog>();
        services.AddSingleton<StatisticNames>();
        services.AddSingleton<SnapshotCompiler>();
        services.AddSingleton<SnapshotHolder>();
        services.AddSingleton<LeaseTable>();
        services.AddSingleton<Balancer>();
    }

    /// <summary>The control plane and the classic interface.</summary>
    public static void AddAthenaFaces(this IServiceCollection services)
    {
        services.AddSingleton<FleetApi>();
        services.AddSingleton<ClassicApi>();
    }
}
