using System.Text.RegularExpressions;
using Athena.Testing;

namespace Athena.Integration.Tests.Forwarding;

/// <summary>A proxy in front of the gateway: what it says of its visitor reaches the server, by each way there is, when it is trusted and never else.</summary>
public sealed partial class TrustedProxyTests
{
    private const string Get = "GET /page HTTP/1.1\r\nHost: inner.example\r\nConnection: close\r\n";

    [Theory]
    [InlineData("lean")]
    [InlineData("farm by YARP")]
    [InlineData("YARP")]
    public async Task What_a_trusted_proxy_says_of_its_visitor_is_believed_and_continued(string way)
    {
        await using var rig = await Rig.StartAsync(way, "--Gateway:Edge:TrustedProxies:0=127.0.0.0/8", "--Gateway:Edge:ClientIp=true");
        Assert.Equal(
            [
                "client-ip: 127.0.0.1", "forwarded: for=203.0.113.9;proto=https;host=shop.example, for=127.0.0.1;host=\"inner.example\";proto=http",
                "x-forwarded-for: 203.0.113.9, 127.0.0.1", "x-forwarded-host: shop.example", "x-forwarded-proto: https", "x-real-ip: 203.0.113.9",
            ],
            await rig.SeenAsync("X-Forwarded-For: 203.0.113.9", "x-forwarded-proto: https", "X-Forwarded-Host: shop.example", "Forwarded: for=203.0.113.9;proto=https;host=shop.example", "X-Real-IP: 203.0.113.9", "client-ip: 203.0.113.9"));
        // Of two proxies, each with a field of its own.
        Assert.Equal(
            ["client-ip: 127.0.0.1", "forwarded: for=127.0.0.1;host=\"inner.example\";proto=http", "x-forwarded-for: 203.0.113.9,198.51.100.7, 127.0.0.1", "x-forwarded-host: inner.example", "x-forwarded-proto: http"],
            await rig.SeenAsync("X-Forwarded-For: 203.0.113.9", "X-Forwarded-For: 198.51.100.7"));
        // One that says nothing of it: as from any visitor.
        Assert.Equal(["client-ip: 127.0.0.1", "forwarded: for=127.0.0.1;host=\"inner.example\";proto=http", "x-forwarded-for: 127.0.0.1", "x-forwarded-host: inner.example", "x-forwarded-proto: http"], await rig.SeenAsync());
    }

    [Theory]
    [InlineData("lean")]
    [InlineData("farm by YARP")]
    [InlineData("YARP")]
    public async Task What_anybody_else_says_is_replaced(string way)
    {
        await using var rig = await Rig.StartAsync(way, "--Gateway:Edge:TrustedProxies:0=10.0.0.0/8");
        string[] own = ["forwarded: for=127.0.0.1;host=\"inner.example\";proto=http", "x-forwarded-for: 127.0.0.1", "x-forwarded-host: inner.example", "x-forwarded-proto: http"];
        Assert.Equal(own, await rig.SeenAsync("X-Forwarded-For: 10.0.0.7", "X-Forwarded-Proto: https", "X-Forwarded-Host: shop.example", "Forwarded: for=10.0.0.7", "X-Real-IP: 10.0.0.7", "client-ip: 10.0.0.7"));
        Assert.Equal(own, await rig.SeenAsync());
    }

    /// <summary>A server behind a gateway: in a farm, which plain requests reach leanly or by YARP, or in a cluster of YARP's own.</summary>
    private sealed partial class Rig : IAsyncDisposable
    {
        private readonly RecordingBackend _server = new();
        private AthenaHost? _athena;
        private GatewayHost _gateway = null!;

        public static async Task<Rig> StartAsync(string way, params string[] arguments)
        {
            var rig = new Rig();
            if (way == "YARP")
            {
                rig._gateway = await GatewayHost.StartAsync(new Uri("http://127.0.0.1:1"), [.. Edge.EdgeFixture.RouteTo(rig._server.Address), .. arguments]);
                return rig;
            }
            rig._athena = await Edge.FarmEdgeFixture.FarmOfAsync(rig._server.Address);
            rig._gateway = await GatewayHost.PassAsync(rig._athena.GrpcAddress, "/", "http://web/", [.. arguments, $"--Gateway:Lean={(way == "lean" ? "true" : "false")}"]);
            return rig;
        }

        /// <summary>What the server gets of who the visitor is, in the order of the names.</summary>
        public async Task<string[]> SeenAsync(params string[] fields)
        {
            var before = _server.Requests.Count;
            Assert.StartsWith("HTTP/1.1 200 ", await RawConnection.ExchangeAsync(_gateway.Traffic.BaseAddress!, Get + string.Concat(fields.Select(f => f + "\r\n")) + "\r\n"), StringComparison.Ordinal);
            return [.. Identity().Matches(_server.Requests.Skip(before).Single()).Select(m => $"{m.Groups[1].Value.ToLowerInvariant()}: {m.Groups[2].Value}").Order(StringComparer.Ordinal)];
        }

        public async ValueTask DisposeAsync()
        {
            await _gateway.DisposeAsync();
            await (_athena?.DisposeAsync() ?? ValueTask.CompletedTask);
            await _server.DisposeAsync();
        }

        [GeneratedRegex(@"^(x-[\w-]+|forwarded|client-ip): ([^\r]*)", RegexOptions.IgnoreCase | RegexOptions.Multiline)]
        private static partial Regex Identity();
    }
}
