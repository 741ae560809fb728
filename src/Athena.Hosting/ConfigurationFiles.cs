using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Configuration.Json;
using Microsoft.Extensions.Configuration.Memory;

namespace Athena.Hosting;

/// <summary>Where a process's configuration comes from.</summary>
public static class ConfigurationFiles
{
    private static readonly KeyValuePair<string, string?>[] Defaults =
    [
        new("Logging:LogLevel:Default", "Information"),
        new("Logging:LogLevel:Microsoft.AspNetCore", "Warning"),
        new("Logging:LogLevel:Microsoft.Extensions.Hosting.Internal.Host", "Critical"),
    ];

    /// <summary>
    /// The usual sources (appsettings.json of the working folder, environment, command line) over our defaults, and the file named by `--Config`
    /// between appsettings.json and the environment. A file that is changed for the worse keeps its last good content.
    /// </summary>
    /// <remarks>The host's own log of a start that failed is left out: <see cref="ProcessStart"/> names the faults.</remarks>
    /// <exception cref="FileNotFoundException">The file named by `--Config` is not there.</exception>
    public static void AddConfigurationFiles(this WebApplicationBuilder builder, IEnumerable<KeyValuePair<string, string?>> defaults)
    {
        var configuration = builder.Configuration;
        var sources = ((IConfigurationBuilder)configuration).Sources;
        sources.Insert(0, new MemoryConfigurationSource { InitialData = [.. Defaults, .. defaults] });
        if (configuration["Config"] is { Length: > 0 } file)
        {
            var source = new JsonConfigurationSource { Path = Path.GetFullPath(file), ReloadOnChange = true };
            source.ResolveFileProvider();
            var afterFiles = sources.ToList().FindLastIndex(s => s is JsonConfigurationSource) + 1;
            sources.Insert(Math.Max(1, afterFiles), source);
        }
        LastGoodJsonSource.ReplaceAll(configuration, message => Console.Error.WriteLine($"Athena: {message}; its last good content stays in force"));
    }
}
