using System.Globalization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Yarp.ReverseProxy.Configuration;
using Yarp.ReverseProxy.LoadBalancing;

namespace Athena.LoadBench.Bare;

/// <summary>The contender of the gateway: YARP as it comes, with its own choice among the same servers.</summary>
internal static class BareYarp
{
    public const string Verb = "bare-yarp";

    /// <summary>Answers how many bytes were allocated since the start.</summary>
    public const string AllocatedPath = "/bench/allocated";

    public static async Task RunAsync(string port, IEnumerable<string> servers)
    {
        var builder = BareHost.Builder(port, HttpProtocols.Http1);
        builder.Services.AddReverseProxy().LoadFromMemory(
            [new RouteConfig { RouteId = "all", ClusterId = "farm", Match = new RouteMatch { Path = "/{**rest}" } }],
            [
                new ClusterConfig
                {
                    ClusterId = "farm",
                    LoadBalancingPolicy = LoadBalancingPolicies.PowerOfTwoChoices,
                    Destinations = servers.Select((address, i) => (Name: $"server{i}", address)).ToDictionary(s => s.Name, s => new DestinationConfig { Address = s.address }),
                },
            ]);
        var app = builder.Build();
        app.MapGet(AllocatedPath, () => GC.GetTotalAllocatedBytes(precise: true).ToString(CultureInfo.InvariantCulture));
        app.MapReverseProxy();
        await app.RunAsync();
    }
}
