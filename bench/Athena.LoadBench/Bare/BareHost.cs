using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging;

namespace Athena.LoadBench.Bare;

/// <summary>What the contenders have in common with the service: slim host, one port, quiet log, no Server header.</summary>
internal static class BareHost
{
    public static WebApplicationBuilder Builder(string port, HttpProtocols protocols)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.SetMinimumLevel(LogLevel.Warning);
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.ListenLocalhost(int.Parse(port, System.Globalization.CultureInfo.InvariantCulture), listen => listen.Protocols = protocols);
        });
        return builder;
    }
}
