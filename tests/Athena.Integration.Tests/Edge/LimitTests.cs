using System.Net;
using System.Net.Sockets;
using Athena.Testing;

namespace Athena.Integration.Tests.Edge;

public sealed class LimitTests(LimitTests.Tight tight) : IClassFixture<LimitTests.Tight>
{
    public sealed class Tight : IAsyncLifetime
    {
        private readonly RecordingBackend _backend = new();

        public GatewayHost Gateway { get; private set; } = null!;

        public async ValueTask InitializeAsync() => Gateway = await GatewayHost.StartAsync(new Uri("http://127.0.0.1:1"), [.. EdgeFixture.RouteTo(_backend.Address),
            "--Gateway:Limits:RequestLine=200", "--Gateway:Limits:Headers=2000", "--Gateway:Limits:HeaderCount=10", "--Gateway:Limits:Body=1000", "--Gateway:Limits:HeaderTimeout=00:00:01",
            "--Kestrel:Endpoints:Second:Url=http://127.0.0.1:0", "--Kestrel:Endpoints:Second:Protocols=Http2", "--Gateway:Limits:Http2IdleFrames=100"], endpoints: 3);

        public async ValueTask DisposeAsync()
        {
            await Gateway.DisposeAsync();
            await _backend.DisposeAsync();
        }
    }

    public static TheoryData<string, int, int> AtAndBeyond() => new()
    {
        { $"GET /{new string('a', 184)} HTTP/1.1\r\nHost: a\r\n", 200, 0 },
        { $"GET /{new string('a', 185)} HTTP/1.1\r\nHost: a\r\n", 414, 0 },
        { $"GET / HTTP/1.1\r\nHost: a\r\n{string.Concat(Enumerable.Range(0, 8).Select(i => $"X{i}: y\r\n"))}", 200, 0 },
        { $"GET / HTTP/1.1\r\nHost: a\r\n{string.Concat(Enumerable.Range(0, 9).Select(i => $"X{i}: y\r\n"))}", 431, 0 },
        { $"GET / HTTP/1.1\r\nHost: a\r\nX: {new string('y', 1900)}\r\n", 200, 0 },
        { $"GET / HTTP/1.1\r\nHost: a\r\nX: {new string('y', 2000)}\r\n", 431, 0 },
        { "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n", 200, 1000 },
        { "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1001\r\n", 413, 1001 },
    };

    [Theory]
    [MemberData(nameof(AtAndBeyond))]
    public async Task Up_to_the_limit_passes_and_one_more_is_refused_clearly(string head, int status, int body)
    {
        var answer = await RawConnection.ExchangeAsync(tight.Gateway.Traffic.BaseAddress!, $"{head}Connection: close\r\n\r\n{new string('b', body)}");
        Assert.StartsWith($"HTTP/1.1 {status} ", answer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_head_that_takes_too_long_is_cut()
    {
        using var connection = await RawConnection.OpenAsync(tight.Gateway.Traffic.BaseAddress!);
        await connection.SendAsync("GET / HTTP/1.1\r\nHost: a\r\nX: ");
        Assert.StartsWith("HTTP/1.1 408 ", await connection.ReadToEndAsync(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(6, 8)]
    [InlineData(4, 0)]
    [InlineData(2, 5)]
    public async Task A_flood_of_empty_HTTP2_frames_is_cut_and_others_are_served(byte type, int length)
    {
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(IPAddress.Loopback, tight.Gateway.Addresses[0].Port);
        await socket.SendAsync("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8.ToArray());
        await socket.SendAsync(new byte[] { 0, 0, 0, 4, 0, 0, 0, 0, 0 });
        // A PRIORITY frame needs a stream; PING and SETTINGS have none.
        byte[] frame = [0, 0, (byte)length, type, 0, 0, 0, 0, (byte)(type == 2 ? 1 : 0), .. new byte[length]];
        var flood = Enumerable.Repeat(frame, 5000).SelectMany(f => f).ToArray();
        try
        {
            await socket.SendAsync(flood, SocketFlags.None, Deadline.Token());
            var buffer = new byte[1 << 16];
            while (await socket.ReceiveAsync(buffer, SocketFlags.None, Deadline.Token()) > 0)
            {
            }
        }
        catch (SocketException)
        {
            // Cut the hard way.
        }
        using var client = new HttpClient();
        using var request = new HttpRequestMessage(HttpMethod.Get, tight.Gateway.Addresses[0]) { Version = HttpVersion.Version20, VersionPolicy = HttpVersionPolicy.RequestVersionExact };
        Assert.Equal(HttpStatusCode.OK, (await client.SendAsync(request)).StatusCode);
    }

    [Fact]
    public async Task One_address_may_have_only_so_many_requests_running()
    {
        var inside = new SemaphoreSlim(0);
        var leave = new TaskCompletionSource();
        await using var backend = await Backend.StartAsync("a", async _ =>
        {
            inside.Release();
            await leave.Task;
        });
        await using var gateway = await GatewayHost.StartAsync(new Uri("http://127.0.0.1:1"), [.. EdgeFixture.RouteTo(backend.Address), "--Gateway:Limits:RequestsPerAddress=2"]);
        var running = new[] { gateway.Traffic.GetAsync("/"), gateway.Traffic.GetAsync("/") };
        await inside.WaitAsync(Deadline.Token());
        await inside.WaitAsync(Deadline.Token());
        var refused = await gateway.Traffic.GetAsync("/");
        Assert.Equal((HttpStatusCode.TooManyRequests, TimeSpan.FromSeconds(1)), (refused.StatusCode, refused.Headers.RetryAfter?.Delta));
        leave.SetResult();
        Assert.All(await Task.WhenAll(running), r => Assert.Equal(HttpStatusCode.OK, r.StatusCode));
        Assert.Equal(HttpStatusCode.OK, (await gateway.Traffic.GetAsync("/")).StatusCode);
    }

    [Theory]
    [InlineData("--Gateway:Limits:Headers=12", "Headers")]
    [InlineData("--Gateway:Edge:TrustedProxies:0=nonsense", "nonsense")]
    [InlineData("--Gateway:Limits:Nosuch=1", "Nosuch")]
    public async Task A_limit_that_is_none_stops_the_start_by_its_name(string argument, string named)
    {
        await using var gateway = ChildProcess.Start("Athena.Gateway", argument, "--Kestrel:Endpoints:Traffic:Url=http://127.0.0.1:0", "--Kestrel:Endpoints:Management:Url=http://127.0.0.1:0");
        Assert.NotEqual(0, await gateway.ExitCodeAsync());
        Assert.Contains(named, gateway.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_stop_finishes_what_runs()
    {
        var inside = new TaskCompletionSource();
        var leave = new TaskCompletionSource();
        await using var backend = await Backend.StartAsync("a", async _ =>
        {
            inside.TrySetResult();
            await leave.Task;
        });
        await using var gateway = await GatewayHost.StartAsync(new Uri("http://127.0.0.1:1"), EdgeFixture.RouteTo(backend.Address));
        var running = gateway.Traffic.GetAsync("/");
        await inside.Task.WaitAsync(Deadline.Generous);
        gateway.Process.Signal(ChildProcess.SigTerm);
        await gateway.Process.LineAsync(line => line.Contains("shutting down", StringComparison.Ordinal));
        leave.SetResult();
        Assert.Equal(HttpStatusCode.OK, (await running).StatusCode);
        Assert.Equal(0, await gateway.Process.ExitCodeAsync());
    }
}
