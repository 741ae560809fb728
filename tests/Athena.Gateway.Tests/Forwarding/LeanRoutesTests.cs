using System.Net;
using System.Net.Http;
using Athena.Gateway.Forwarding;
using Athena.Gateway.Routing;
using Microsoft.Extensions.Options;
using Yarp.ReverseProxy.Configuration;
using Yarp.ReverseProxy.Forwarder;

namespace Athena.Gateway.Tests.Forwarding;

public sealed class LeanRoutesTests
{
    private static readonly RouteConfig Route = new() { RouteId = "r", ClusterId = "athena:web", Match = new() { Path = "/{**rest}" } };
    private static readonly ClusterConfig Cluster = new() { ClusterId = "athena:web" };
    private static readonly IReadOnlyDictionary<string, string>[] Transforms = [new Dictionary<string, string> { ["PathPrefix"] = "/x" }];

    [Fact]
    public void A_route_without_wishes_of_its_own_is_lean() =>
        Assert.Equal(("", "", TimeSpan.FromSeconds(100)), Make(Route, Cluster) is { } lean ? (lean.From, lean.To, lean.Patience) : default);

    [Fact]
    public void A_ProxyPass_is_lean_with_its_prefixes_and_time_out() =>
        Assert.Equal(("/a", "/b", TimeSpan.FromSeconds(3)), Make(
            Route with { Transforms = Transforms, Metadata = new Dictionary<string, string> { [ReverseMapping.From] = "/a", [ReverseMapping.To] = "/b" } },
            Cluster with { HttpRequest = new() { ActivityTimeout = TimeSpan.FromSeconds(3) }, HttpClient = new() { RequestHeaderEncoding = "latin1", ResponseHeaderEncoding = "latin1" } }) is { } lean ? (lean.From, lean.To, lean.Patience) : default);

    public static readonly TheoryData<RouteConfig, ClusterConfig> Others = new()
    {
        { Route with { Transforms = Transforms }, Cluster },
        { Route with { Metadata = new Dictionary<string, string> { [ReverseMapping.From] = "/ä", [ReverseMapping.To] = "" } }, Cluster },
        { Route with { Timeout = TimeSpan.FromSeconds(1) }, Cluster },
        { Route with { TimeoutPolicy = "p" }, Cluster },
        { Route, Cluster with { HttpRequest = new() { Version = HttpVersion.Version20, VersionPolicy = HttpVersionPolicy.RequestVersionExact } } },
        { Route, Cluster with { HttpRequest = new() { VersionPolicy = HttpVersionPolicy.RequestVersionOrHigher } } },
        { Route, Cluster with { HttpRequest = new() { AllowResponseBuffering = true } } },
        { Route, Cluster with { HttpClient = new() { MaxConnectionsPerServer = 3 } } },
        { Route, Cluster with { HttpClient = new() { RequestHeaderEncoding = "utf-8" } } },
        { Route, Cluster with { HttpClient = new() { ResponseHeaderEncoding = "utf-8" } } },
        { Route, Cluster with { HttpClient = new() { WebProxy = new() { Address = new Uri("http://proxy") } } } },
    };

    [Theory]
    [MemberData(nameof(Others))]
    public void Any_wish_that_only_YARP_knows_leads_to_YARP(RouteConfig route, ClusterConfig cluster) => Assert.Null(Make(route, cluster));

    private static LeanRoute? Make(RouteConfig route, ClusterConfig cluster) => new LeanRoutes([], Options.Create(new GatewayOptions())).Make(route, cluster);
}
