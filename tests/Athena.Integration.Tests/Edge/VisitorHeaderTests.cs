using System.Net;
using Athena.Testing;

namespace Athena.Integration.Tests.Edge;

public sealed class VisitorHeaderTests(EdgeFixture edge) : VisitorHeaderTestsOf<EdgeFixture>(edge);

public sealed class FarmVisitorHeaderTests(FarmEdgeFixture edge) : VisitorHeaderTestsOf<FarmEdgeFixture>(edge);

public abstract class VisitorHeaderTestsOf<T>(T edge) : IClassFixture<T>
    where T : EdgeFixture
{
    private const string Forged = "203.0.113.66";

    [Fact]
    public async Task No_form_of_a_header_that_proxies_set_reaches_a_server_with_the_visitors_value()
    {
        string[] names =
        [
            "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Forwarded-Port", "X-Forwarded-Prefix", "X-Forwarded-Server", "X-Forwarded-Ssl", "Forwarded", "X-Real-IP", "X-Client-IP", "Client-IP", "True-Client-IP", "X-Cluster-Client-IP",
            "CF-Connecting-IP", "Fastly-Client-IP", "X-Original-Host", "X-Original-URL", "X-Rewrite-URL", "X-Envoy-External-Address", "X-Remote-Addr", "Proxy",
        ];
        var forms = names.SelectMany(n => new[] { n, n.ToLowerInvariant(), n.ToUpperInvariant(), n.Replace('-', '_'), n.Replace('-', '_').ToUpperInvariant() }).Distinct().ToArray();
        Assert.InRange(forms.Length, 40, 200);
        foreach (var form in forms)
        {
            var answer = await RawConnection.ExchangeAsync(edge.Traffic, $"GET / HTTP/1.1\r\nHost: a.example\r\n{form}: {Forged}\r\nConnection: close\r\n\r\n");
            Assert.StartsWith("HTTP/1.1 200 ", answer, StringComparison.Ordinal);
        }
        // As a header that Connection names, so that a careless proxy takes out its own.
        await RawConnection.ExchangeAsync(edge.Traffic, $"GET /named HTTP/1.1\r\nHost: a.example\r\nConnection: close, X-Forwarded-For, X-Secret\r\nX-Forwarded-For: {Forged}\r\nX-Secret: {Forged}\r\n\r\n");
        // As a trailer.
        await RawConnection.ExchangeAsync(edge.Traffic, $"POST / HTTP/1.1\r\nHost: a.example\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\nX-Forwarded-For: {Forged}\r\n\r\n");
        Assert.DoesNotContain(Forged, edge.Backend.Bytes, StringComparison.Ordinal);
        var named = edge.Backend.Requests.Single(r => r.StartsWith("GET /named ", StringComparison.Ordinal));
        Assert.Contains("X-Forwarded-For: 127.0.0.1\r\n", named, StringComparison.Ordinal);
        Assert.Contains("Forwarded: for=127.0.0.1;host=\"a.example\";proto=http\r\n", named, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_trusted_proxys_word_is_continued()
    {
        await using var backend = new RecordingBackend();
        await using var gateway = await GatewayHost.StartAsync(new Uri("http://127.0.0.1:1"), [.. EdgeFixture.RouteTo(backend.Address), "--Gateway:Edge:TrustedProxies:0=127.0.0.0/8", "--Gateway:Edge:ClientIp=true"]);
        using var request = new HttpRequestMessage(HttpMethod.Get, "/");
        request.Headers.TryAddWithoutValidation("X-Forwarded-For", "203.0.113.9");
        request.Headers.TryAddWithoutValidation("X-Forwarded-Proto", "https");
        request.Headers.TryAddWithoutValidation("Forwarded", "for=203.0.113.9;proto=https");
        await gateway.Traffic.SendAsync(request);
        var seen = backend.Requests.Single();
        Assert.Contains("X-Forwarded-For: 203.0.113.9, 127.0.0.1\r\n", seen, StringComparison.Ordinal);
        Assert.Contains("X-Forwarded-Proto: https\r\n", seen, StringComparison.Ordinal);
        Assert.Contains("Forwarded: for=203.0.113.9;proto=https, for=127.0.0.1;", seen, StringComparison.Ordinal);
        Assert.Contains("client-ip: 127.0.0.1\r\n", seen, StringComparison.OrdinalIgnoreCase);
    }

    [Theory]
    [InlineData("/a%2Fb", "/a%2Fb")]
    [InlineData("/a%2fb%252Fc%2F", "/a%2fb%252Fc%2F")]
    [InlineData("/a%252Fb?q=%2F", "/a%252Fb?q=%2F")]
    [InlineData("/%C3%A4%20%25", "/%C3%A4%20%25")]
    public async Task A_path_reaches_the_server_as_it_came(string asked, string seen)
    {
        await RawConnection.ExchangeAsync(edge.Traffic, $"GET {asked} HTTP/1.1\r\nHost: a.example\r\nConnection: close\r\n\r\n");
        Assert.Contains(edge.Backend.Requests, r => r.StartsWith($"GET {seen} HTTP/1.1\r\n", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("GET /x/..%2fadmin HTTP/1.1", "", 400)]
    [InlineData("GET /x/%2e%2e%5cadmin HTTP/1.1", "", 400)]
    [InlineData("GET /x%00y HTTP/1.1", "", 400)]
    [InlineData("GET /x\\y HTTP/1.1", "", 400)]
    [InlineData("TRACE / HTTP/1.1", "Cookie: a=b\r\n", 405)]
    [InlineData("CONNECT a.example:80 HTTP/1.1", "", 405)]
    [InlineData("POST / HTTP/1.1", "Content-Length: 0\r\nExpect: 200-ok\r\n", 417)]
    [InlineData("POST / HTTP/1.1", "Content-Length: 0\r\nExpect: 100-continue\r\nExpect: x\r\n", 417)]
    public async Task What_must_not_pass_is_answered_here(string line, string fields, int status)
    {
        var before = edge.Backend.Requests.Count;
        var host = line.StartsWith("CONNECT", StringComparison.Ordinal) ? "a.example:80" : "a.example";
        var answer = await RawConnection.ExchangeAsync(edge.Traffic, $"{line}\r\nHost: {host}\r\n{fields}\r\n");
        Assert.StartsWith($"HTTP/1.1 {status} ", answer, StringComparison.Ordinal);
        Assert.Contains("Connection: close\r\n", answer, StringComparison.Ordinal);
        Assert.Equal(before, edge.Backend.Requests.Count);
    }

    [Fact]
    public async Task Header_bytes_above_ASCII_pass_unchanged()
    {
        await RawConnection.ExchangeAsync(edge.Traffic, "GET /bytes HTTP/1.1\r\nHost: a.example\r\nX-Name: J\u00c3\u00bcrgen \u00ff\r\nConnection: close\r\n\r\n");
        Assert.Contains("X-Name: J\u00c3\u00bcrgen \u00ff\r\n", edge.Backend.Requests.Single(r => r.StartsWith("GET /bytes ", StringComparison.Ordinal)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Requests_one_behind_the_other_are_each_answered()
    {
        const string one = "POST /pipe HTTP/1.1\r\nHost: a.example\r\nContent-Length: 3\r\n\r\nabc";
        const string two = "POST /pipe HTTP/1.1\r\nHost: a.example\r\nTransfer-Encoding: chunked\r\n\r\n3;x=y\r\nabc\r\n0\r\nX-T: v\r\n\r\n";
        const string last = "GET /pipe HTTP/1.1\r\nHost: a.example\r\nConnection: close\r\n\r\n";
        var answer = await RawConnection.ExchangeAsync(edge.Traffic, one + two + "\r\n" + one + last);
        Assert.Equal(4, answer.Split("HTTP/1.1 200 OK").Length - 1);
        Assert.Equal(4, edge.Backend.Requests.Count(r => r.Contains(" /pipe ", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task A_switch_that_weakens_the_server_stops_the_start()
    {
        var directory = Directory.CreateTempSubdirectory();
        try
        {
            foreach (var file in Directory.GetFiles(ChildProcess.DirectoryOf("Athena.Gateway")))
            {
                File.Copy(file, Path.Combine(directory.FullName, Path.GetFileName(file)));
            }
            var settings = Path.Combine(directory.FullName, "Athena.Gateway.runtimeconfig.json");
            await File.WriteAllTextAsync(settings, (await File.ReadAllTextAsync(settings)).Replace("DisableHttp1LineFeedTerminators", "EnableInsecureChunkedRequestParsing", StringComparison.Ordinal));
            await using var gateway = ChildProcess.StartProgram(Path.Combine(directory.FullName, "Athena.Gateway.dll"), "--Kestrel:Endpoints:Traffic:Url=http://127.0.0.1:0");
            Assert.NotEqual(0, await gateway.ExitCodeAsync());
            Assert.Contains("EnableInsecureChunkedRequestParsing", gateway.Output, StringComparison.Ordinal);
        }
        finally
        {
            directory.Delete(recursive: true);
        }
    }
}
