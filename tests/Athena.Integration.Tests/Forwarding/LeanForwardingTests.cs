using System.Net;
using Athena.Testing;

namespace Athena.Integration.Tests.Forwarding;

/// <summary>What the gateway's own forwarder does is what YARP's does, byte for byte but for the order of fields.</summary>
public sealed class LeanForwardingTests(TwoWays ways) : IClassFixture<TwoWays>
{
    private const string Get = "GET /page?x=1&y=%20z HTTP/1.1\r\nHost: shop.example\r\nConnection: close\r\n\r\n";
    private const string Ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

    public static readonly TheoryData<string, string[], bool> Answers = new()
    {
        { "a length", [Ok], false },
        { "no body", ["HTTP/1.1 200 OK\r\nContent-Length: 0\r\nX-Empty:\r\n\r\n"], false },
        { "chunks", ["HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n00A;ext=\"v\"\r\n0123456789\r\n0\r\n\r\n"], false },
        { "no chunk at all", ["HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\n0\r\n\r\n"], false },
        { "fields behind chunks", ["HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n2\r\nok\r\n0\r\nX-Sum: 7\r\n\r\n"], false },
        { "the end of the connection", ["HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\nuntil the end"], true },
        { "HTTP/1.0", ["HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\n\r\nold"], true },
        { "204", ["HTTP/1.1 204 No Content\r\nX-A: b\r\n\r\n"], false },
        { "304", ["HTTP/1.1 304 Not Modified\r\nETag: \"x\"\r\nContent-Length: 700\r\n\r\n"], false },
        { "its own reason", ["HTTP/1.1 200 Quite Fine\r\nContent-Length: 2\r\n\r\nok"], false },
        { "no reason", ["HTTP/1.1 200\r\nContent-Length: 2\r\n\r\nok"], false },
        { "an unusual status", ["HTTP/1.1 599 Odd\r\nContent-Length: 2\r\n\r\nok"], false },
        { "hints before it", ["HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n", Ok], false },
        { "two cookies and two of another", ["HTTP/1.1 200 OK\r\nSet-Cookie: a=1; Path=/\r\nX-Two: 1\r\nSet-Cookie: b=2\r\nX-Two: 2\r\nContent-Length: 2\r\n\r\nok"], false },
        { "fields of the connection", ["HTTP/1.1 200 OK\r\nConnection: close\r\nKeep-Alive: timeout=5\r\nProxy-Authenticate: Basic\r\nAlt-Svc: h3=\":443\"\r\nUpgrade: h2c\r\nContent-Length: 2\r\n\r\nok"], true },
        { "bytes above ASCII", ["HTTP/1.1 200 OK\r\nX-Name: caf\u00e9 \u00ff\r\nContent-Length: 2\r\n\r\n\u00e9\u00ff"], false },
        { "lines that end by line feed alone", ["HTTP/1.1 200 OK\nContent-Length: 2\nX-A: b\n\nok"], false },
        { "blanks around values", ["HTTP/1.1 200 OK\r\nX-A: \t b c \t\r\nX-B:d\r\nContent-Length: 2\r\n\r\nok"], false },
        { "usual fields", ["HTTP/1.1 200 OK\r\nServer: nginx\r\nContent-Type: text/html; charset=utf-8\r\nCache-Control: max-age=5, private\r\nVary: Accept\r\nLast-Modified: Mon, 23 Nov 2026 00:00:00 GMT\r\nETag: W/\"1\"\r\nLocation: /there\r\nContent-Length: 2\r\n\r\nok"], false },
        { "a load report", ["HTTP/1.1 200 OK\r\nendpoint-load-metrics: TEXT cpu_utilization=0.3\r\nContent-Length: 2\r\n\r\nok"], false },
        { "both a length and chunks", ["HTTP/1.1 200 OK\r\nContent-Length: 700\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n"], false },
        { "more than the length", ["HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok and more"], false },
        { "a redirect to itself", ["HTTP/1.1 302 Found\r\nLocation: /here/next\r\nContent-Length: 0\r\n\r\n"], false },
        { "a head in pieces", ["H", "TTP/1.1 200 OK\r", "\nContent-Le", "ngth: 2\r\n", "\r", "\n", "o", "k"], false },
        { "chunks in pieces", ["HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", "5", "\r", "\nhel", "lo\r\n", "0", "\r\n", "\r\n"], false },
        { "a large length", ["HTTP/1.1 200 OK\r\nContent-Length: 300000\r\n\r\n", new('x', 300_000)], false },
        { "a large chunk", ["HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n493e0\r\n", new('x', 300_000), "\r\n0\r\n\r\n"], false },
        { "a large head", [$"HTTP/1.1 200 OK\r\nX-Large: {new string('x', 30_000)}\r\nContent-Length: 2\r\n\r\nok"], false },
    };

    public static readonly TheoryData<string, string[]> Faults = new()
    {
        { "no HTTP", ["SSH-2.0-OpenSSH\r\n\r\n"] },
        { "nothing", [] },
        { "half a head", ["HTTP/1.1 200 OK\r\nContent-"] },
        { "another version", ["HTTP/2.0 200 OK\r\nContent-Length: 2\r\n\r\nok"] },
        { "a status of two digits", ["HTTP/1.1 20 OK\r\nContent-Length: 2\r\n\r\nok"] },
        { "a field without a name", ["HTTP/1.1 200 OK\r\n: x\r\nContent-Length: 2\r\n\r\nok"] },
        { "a field without a colon", ["HTTP/1.1 200 OK\r\nX-A\r\nContent-Length: 2\r\n\r\nok"] },
        { "a head beyond 64 KiB", [$"HTTP/1.1 200 OK\r\nX-Large: {new string('x', 70_000)}\r\nContent-Length: 2\r\n\r\nok"] },
    };

    public static readonly TheoryData<string, string> Requests = new()
    {
        { "fields", "GET /a HTTP/1.1\r\nHost: shop.example\r\nAccept: */*\r\nX-Two: 1\r\nX-Two: 2\r\nUser-Agent: t/1\r\nX-Empty:\r\nAccept-Language: de,en;q=0.5\r\nAuthorization: Bearer x\r\nConnection: close\r\n\r\n" },
        { "two cookies", "GET /a HTTP/1.1\r\nHost: shop.example\r\nCookie: a=1\r\nCookie: b=2; c=3\r\nConnection: close\r\n\r\n" },
        { "conditions and ranges", "GET /a HTTP/1.1\r\nHost: shop.example\r\nIf-None-Match: \"x\", W/\"y\"\r\nIf-Modified-Since: Mon, 23 Nov 2026 00:00:00 GMT\r\nRange: bytes=0-1\r\nConnection: close\r\n\r\n" },
        { "bytes above ASCII", "GET /a HTTP/1.1\r\nHost: shop.example\r\nX-Name: caf\u00e9 \u00ff\r\nConnection: close\r\n\r\n" },
        { "fields of the connection", "GET /a HTTP/1.1\r\nHost: shop.example\r\nKeep-Alive: 5\r\nTE: trailers\r\nProxy-Authorization: Basic x\r\nX-Mine: 1\r\nConnection: close, X-Mine\r\n\r\n" },
        { "forged identity", "GET /a HTTP/1.1\r\nHost: shop.example\r\nX-Forwarded-For: 1.2.3.4\r\nForwarded: for=1.2.3.4\r\nX-Real-IP: 1.2.3.4\r\nX_Forwarded_For: 5\r\nConnection: close\r\n\r\n" },
        { "a query that needs no escape", "GET /a/b;c=1/d,e?x[]=1&y=a+b&z=/?:@!$'()*,;~ HTTP/1.1\r\nHost: shop.example\r\nConnection: close\r\n\r\n" },
        { "an escaped path", "GET /a%20b/%C3%A9 HTTP/1.1\r\nHost: shop.example\r\nConnection: close\r\n\r\n" },
        { "a path with dots", "GET /a/./b/../c HTTP/1.1\r\nHost: shop.example\r\nConnection: close\r\n\r\n" },
        { "two slashes", "GET //a//b HTTP/1.1\r\nHost: shop.example\r\nConnection: close\r\n\r\n" },
        { "an empty query", "GET /a? HTTP/1.1\r\nHost: shop.example\r\nConnection: close\r\n\r\n" },
        { "a whole URL", "GET http://shop.example/a?b HTTP/1.1\r\nHost: shop.example\r\nConnection: close\r\n\r\n" },
        { "a mapped path", "GET /there/x/y?z HTTP/1.1\r\nHost: shop.example\r\nConnection: close\r\n\r\n" },
        { "a mapped path in other letters", "GET /THERE/x HTTP/1.1\r\nHost: shop.example\r\nConnection: close\r\n\r\n" },
        { "the mapped path itself", "GET /there HTTP/1.1\r\nHost: shop.example\r\nConnection: close\r\n\r\n" },
        { "the mapped path with a slash", "GET /there/ HTTP/1.1\r\nHost: shop.example\r\nConnection: close\r\n\r\n" },
        { "HTTP/1.0", "GET /a HTTP/1.0\r\n\r\n" },
        { "HEAD", "HEAD /a HTTP/1.1\r\nHost: shop.example\r\nConnection: close\r\n\r\n" },
        { "a length of nothing", "GET /a HTTP/1.1\r\nHost: shop.example\r\nContent-Length: 0\r\nConnection: close\r\n\r\n" },
        { "OPTIONS", "OPTIONS /a HTTP/1.1\r\nHost: shop.example\r\nConnection: close\r\n\r\n" },
        { "a wish to upgrade", "GET /a HTTP/1.1\r\nHost: shop.example\r\nConnection: Upgrade, close\r\nUpgrade: websocket\r\n\r\n" },
    };

    [Theory]
    [MemberData(nameof(Answers))]
    public async Task An_answer_reaches_the_visitor_the_same(string what, string[] answer, bool closes)
    {
        (ways.Server.Answer, ways.Server.Closes) = (answer, closes);
        foreach (var request in new[] { Get, Get.Replace("GET /", "GET /there/", StringComparison.Ordinal) })
        {
            var (yarp, _) = await ways.AskAsync(ways.Yarp, request);
            var (lean, _) = await ways.AskAsync(ways.Lean, request);
            Assert.True(yarp == lean, $"{what}: by YARP\n{Short(yarp)}\nleanly\n{Short(lean)}");
        }
    }

    [Theory]
    [MemberData(nameof(Requests))]
    public async Task A_request_reaches_the_server_the_same(string what, string request)
    {
        (ways.Server.Answer, ways.Server.Closes) = (request.StartsWith("HEAD", StringComparison.Ordinal) ? ["HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n"] : [Ok], false);
        var yarp = await ways.AskAsync(ways.Yarp, request);
        var lean = await ways.AskAsync(ways.Lean, request);
        Assert.True(yarp == lean, $"{what}: by YARP\n{yarp.Request}{yarp.Answer}\nleanly\n{lean.Request}{lean.Answer}");
        Assert.NotEmpty(lean.Request);
    }

    [Theory]
    [MemberData(nameof(Faults))]
    public async Task What_is_no_answer_is_502(string what, string[] answer)
    {
        (ways.Server.Answer, ways.Server.Closes) = (answer, true);
        var (yarp, _) = await ways.AskAsync(ways.Yarp, Get);
        var (lean, _) = await ways.AskAsync(ways.Lean, Get);
        Assert.StartsWith("HTTP/1.1 502 ", lean, StringComparison.Ordinal);
        Assert.True(yarp == lean, $"{what}: by YARP\n{Short(yarp)}\nleanly\n{Short(lean)}");
    }

    /// <summary>Here the lean way is the stricter one: two readers could differ on where these answers end.</summary>
    [Theory]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\nok")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: +2\r\n\r\nok")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 2, 2\r\n\r\nok")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length:\r\n\r\nok")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nX-A : b\r\nContent-Length: 2\r\n\r\nok")]
    [InlineData("HTTP/1.1 200 OK\r\nX-A: b\r\n c\r\nContent-Length: 2\r\n\r\nok")]
    [InlineData("HTTP/1.1 200 OK\r\nX-A: b\u0001\r\nContent-Length: 2\r\n\r\nok")]
    [InlineData("HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n")]
    public async Task An_answer_with_two_meanings_is_502(string answer)
    {
        (ways.Server.Answer, ways.Server.Closes) = ([answer], false);
        Assert.StartsWith("HTTP/1.1 502 ", (await ways.AskAsync(ways.Lean, Get)).Answer, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nok")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\na\r\nok")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok and more\r\n0\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n-1\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0x1\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\nok\n0\n\n")]
    public async Task A_visitor_is_told_when_an_answer_broke_off(string answer)
    {
        (ways.Server.Answer, ways.Server.Closes) = ([answer], true);
        using var client = new HttpClient();
        await Assert.ThrowsAsync<HttpRequestException>(() => client.GetStringAsync(ways.Lean.Addresses[^1]));
    }

    [Theory]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n", "7\r\ndata: 1\r\n", "7\r\ndata: 2\r\n0\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Length: 14\r\n\r\n", "data: 1", "data: 2")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n", "data: 1", "data: 2")]
    public async Task What_has_come_goes_on_at_once_while_more_is_waited_for(string head, string first, string second)
    {
        using var told = new SemaphoreSlim(0);
        (ways.Server.Answer, ways.Server.Closes, ways.Server.Between) = ([head, first, second], true, () => told.WaitAsync(Deadline.Token()));
        try
        {
            using var visitor = await RawConnection.OpenAsync(ways.Lean.Addresses[^1]);
            await visitor.SendAsync(Get);
            Assert.StartsWith("HTTP/1.1 200 OK\r\n", await visitor.ReadUntilAsync("\r\n\r\n"), StringComparison.Ordinal);
            told.Release();
            await visitor.ReadUntilAsync("data: 1");
            told.Release();
            Assert.Contains("data: 2", await visitor.ReadToEndAsync(), StringComparison.Ordinal);
        }
        finally
        {
            ways.Server.Between = null;
        }
    }

    [Fact]
    public async Task Connections_to_a_server_are_used_again_and_one_that_it_closed_costs_no_answer()
    {
        (ways.Server.Answer, ways.Server.Closes) = ([Ok], false);
        await ways.AskAsync(ways.Lean, Get);
        var before = ways.Server.Connections;
        for (var i = 0; i < 20; i++)
        {
            Assert.EndsWith("\nok", (await ways.AskAsync(ways.Lean, Get)).Answer, StringComparison.Ordinal);
        }
        Assert.Equal(before, ways.Server.Connections);
        // It says nothing of closing, and closes: the gateway learns it with the next request.
        ways.Server.Closes = true;
        for (var i = 0; i < 20; i++)
        {
            Assert.EndsWith("\nok", (await ways.AskAsync(ways.Lean, Get)).Answer, StringComparison.Ordinal);
        }
        Assert.InRange(ways.Server.Connections, before + 19, before + 21);
    }

    [Fact]
    public async Task A_visitor_by_HTTP2_gets_body_and_fields_behind_it_and_a_reset_when_the_answer_broke_off()
    {
        await using var athena = await Edge.FarmEdgeFixture.FarmOfAsync(ways.Server.Address);
        await using var gateway = await GatewayHost.PassAsync(athena.GrpcAddress, "/", "http://web/", "--Kestrel:Endpoints:Traffic:Protocols=Http2");
        using var visitor = new HttpClient { BaseAddress = gateway.Addresses[^1], DefaultRequestVersion = HttpVersion.Version20, DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact };
        (ways.Server.Answer, ways.Server.Closes) = (["HTTP/1.1 200 OK\r\nConnection: keep-alive\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n2\r\nok\r\n0\r\nX-Sum: 7\r\nTransfer-Encoding: x\r\n\r\n"], false);
        var answer = await visitor.GetAsync("/a?b");
        Assert.Equal("ok", await answer.Content.ReadAsStringAsync());
        Assert.Equal("7", Assert.Single(answer.TrailingHeaders).Value.Single());
        Assert.Contains("GET /a?b HTTP/1.1\r\n", ways.Server.TakeHeads().Last(), StringComparison.Ordinal);

        (ways.Server.Answer, ways.Server.Closes) = (["HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nok"], true);
        await Assert.ThrowsAsync<HttpRequestException>(() => visitor.GetStringAsync("/"));
        (ways.Server.Answer, ways.Server.Closes) = ([Ok], false);
        Assert.Equal("ok", await visitor.GetStringAsync("/"));
    }

    [Fact]
    public async Task A_second_answer_that_nobody_asked_for_reaches_nobody()
    {
        (ways.Server.Answer, ways.Server.Closes) = ([Ok, "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison"], false);
        for (var i = 0; i < 30; i++)
        {
            var before = ways.Server.Answered;
            Assert.EndsWith("\nok", (await ways.AskAsync(ways.Lean, Get)).Answer, StringComparison.Ordinal);
            await Deadline.UntilAsync(() => Task.FromResult(ways.Server.Answered), answered => answered > before);
        }
    }

    private static string Short(string text) => text.Length > 2000 ? $"{text[..2000]}... ({text.Length})" : text;
}
