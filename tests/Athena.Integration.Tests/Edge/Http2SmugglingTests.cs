using System.Text;
using Athena.Testing;

namespace Athena.Integration.Tests.Edge;

public sealed class Http2SmugglingTests
{
    private const string Smuggled = "GET /smuggled HTTP/1.1\r\nHost: a.example\r\n\r\n";

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task What_HTTP1_could_not_carry_is_refused_and_no_server_sees_it(bool isFarm)
    {
        await using var backend = new RecordingBackend();
        await using var athena = isFarm ? await FarmEdgeFixture.FarmOfAsync(backend.Address) : null;
        await using var gateway = await GatewayHost.StartAsync(athena?.GrpcAddress ?? new Uri("http://127.0.0.1:1"),
            [.. isFarm ? ["--Gateway:ProxyPass:0:From=/", "--Gateway:ProxyPass:0:To=http://web/"] : EdgeFixture.RouteTo(backend.Address), "--Kestrel:Endpoints:Traffic:Protocols=Http2"]);
        var corpus = Corpus().ToArray();
        Assert.InRange(corpus.Length, 40, 400);
        var wrong = new List<string>();
        foreach (var (name, fields, body) in corpus)
        {
            using var connection = await RawHttp2.OpenAsync(gateway.Traffic.BaseAddress!);
            await connection.SendAsync(RawHttp2.Headers, (byte)(RawHttp2.EndHeaders | (body is null ? RawHttp2.EndStream : 0)), 1, RawHttp2.Block(fields));
            if (body is not null)
            {
                await connection.SendAsync(RawHttp2.Data, RawHttp2.EndStream, 1, Encoding.Latin1.GetBytes(body));
            }
            var (end, answer) = await connection.EndOfAsync(1);
            if (end == "answered" && !IsRefusal(answer))
            {
                wrong.Add($"{name}: {end} {Convert.ToHexString(answer)}");
            }
        }
        Assert.True(wrong.Count == 0, string.Join("\n", wrong));
        Assert.Empty(backend.Requests);
        Assert.Empty(backend.Faults);
        // The same connection speaks well when the visitor does.
        using var good = await RawHttp2.OpenAsync(gateway.Traffic.BaseAddress!);
        await good.SendAsync(RawHttp2.Headers, RawHttp2.EndHeaders, 1, RawHttp2.Block([.. Pseudo("POST"), ("content-length", "3")]));
        await good.SendAsync(RawHttp2.Data, RawHttp2.EndStream, 1, "abc"u8.ToArray());
        Assert.Equal(("answered", 0x88), (await good.EndOfAsync(1)) is var (how, fieldsOf) ? (how, fieldsOf[0]) : default);
        Assert.EndsWith("\r\n\r\nabc", backend.Requests.Single(), StringComparison.Ordinal);
    }

    private static (string, string)[] Pseudo(string method = "GET", string path = "/") => [(":method", method), (":scheme", "http"), (":path", path), (":authority", "a.example")];

    private static IEnumerable<(string Name, (string, string)[] Fields, string? Body)> Corpus()
    {
        foreach (var (name, value) in new[]
        {
            ("transfer-encoding", "chunked"), ("transfer-encoding", "identity"), ("connection", "close"), ("connection", "keep-alive"), ("connection", "x-forwarded-for"), ("keep-alive", "timeout=5"), ("proxy-connection", "keep-alive"), ("upgrade", "h2c"), ("te", "gzip"), ("te", "chunked"),
        })
        {
            yield return ($"{name}: {value}", [.. Pseudo("POST"), (name, value)], $"0\r\n\r\n{Smuggled}");
        }
        // A sign or a zero ahead is read over here: frames say where a body ends, and the server behind gets the length in its one spelling.
        foreach (var value in new[] { "3,3", "3 3", "-1", "0x3", "a", "", "99999999999999999999", "2", "4", "0" })
        {
            yield return ($"content-length '{value}' for 3 bytes", [.. Pseudo("POST"), ("content-length", value)], "abc");
        }
        yield return ("two lengths", [.. Pseudo("POST"), ("content-length", "3"), ("content-length", "0")], "abc");
        foreach (var (what, bad) in new[] { ("CRLF", "\r\n"), ("LF", "\n"), ("CR", "\r"), ("NUL", "\0") })
        {
            yield return ($"{what} in a value", [.. Pseudo(), ("x-a", $"b{bad}Transfer-Encoding: chunked")], null);
            yield return ($"{what} in a name", [.. Pseudo(), ($"x-a{bad}b", "c")], null);
            yield return ($"{what} in the path", Pseudo(path: $"/ HTTP/1.1{bad}X: y"), null);
            yield return ($"{what} in the method", Pseudo(method: $"GET{bad}X"), null);
            yield return ($"{what} in the authority", [(":method", "GET"), (":scheme", "http"), (":path", "/"), (":authority", $"a{bad}b")], null);
        }
        foreach (var name in new[] { "X-Upper", "a b", "a:b", "", "a\u00e4", "(", "a\t" })
        {
            yield return ($"name '{name}'", [.. Pseudo(), (name, "v")], null);
        }
        yield return ("path with a blank", Pseudo(path: "/a b"), null);
        yield return ("path without slash", Pseudo(path: "a"), null);
        yield return ("empty path", Pseudo(path: ""), null);
        yield return ("method with a blank", Pseudo(method: "GET /smuggled HTTP/1.1"), null);
        yield return ("empty method", Pseudo(method: ""), null);
        yield return ("no method", [(":scheme", "http"), (":path", "/"), (":authority", "a")], null);
        yield return ("no path", [(":method", "GET"), (":scheme", "http"), (":authority", "a")], null);
        yield return ("two methods", [(":method", "GET"), .. Pseudo()], null);
        yield return ("two paths", [(":path", "/b"), .. Pseudo()], null);
        yield return ("two authorities", [(":authority", "b"), .. Pseudo()], null);
        yield return ("a pseudo field after a field", [("x", "y"), .. Pseudo()], null);
        yield return ("an unknown pseudo field", [.. Pseudo(), (":x", "y")], null);
        yield return ("a pseudo field of answers", [(":status", "200"), .. Pseudo()], null);
        yield return ("authority with user", [(":method", "GET"), (":scheme", "http"), (":path", "/"), (":authority", "u@a.example/x")], null);
        yield return ("TRACE", Pseudo("TRACE"), null);
        yield return ("CONNECT", [(":method", "CONNECT"), (":authority", "a.example:80")], null);
        yield return ("a fragment", Pseudo(path: "/a#b"), null);
        yield return ("a backslash", Pseudo(path: "/a\\b"), null);
        yield return ("a climb", Pseudo(path: "/a/..%2fb"), null);
    }

    /// <summary>Whether an answer's block of fields begins with a status of 400 and above: 400 and 404 and 500 have numbers of their own, others are spelled out.</summary>
    private static bool IsRefusal(byte[] fields) => fields.Length > 0 && (fields[0] is 0x8C or 0x8D || (fields[0] is 0x08 or 0x48 && fields.Length > 2 && (fields[2] == '4' || fields[2] == '5')));
}
