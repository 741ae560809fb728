namespace Athena.Integration.Tests.Edge;

/// <summary>Requests that two readers could take for different ones. Each is refused with 400 and a closed connection, and no server sees it as a request.</summary>
internal static class Http1Corpus
{
    private const string Host = "Host: a.example\r\n";

    /// <summary>A second request that must never be seen.</summary>
    private const string Smuggled = "GET /smuggled HTTP/1.1\r\nHost: a.example\r\n\r\n";

    public static IEnumerable<(string Name, string Bytes)> All() => [.. Lengths(), .. Codings(), .. LineEnds(), .. RequestLines(), .. Fields(), .. Chunks()];

    private static IEnumerable<(string, string)> Lengths()
    {
        string[] bad =
        [
            "+3", "-3", "03", "010", "00", "0x3", "3 3", "3,3", "3, 3", "3;3", "", "3a", "a", "1e1", "3.0", "\"3\"", "３", "99999999999999999999", "18446744073709551619", "3\t4", "3\u00a0", "\u000b3", "3\u000c", "_3", "3_", "0b11", "#3", "3 chunked",
        ];
        foreach (var value in bad)
        {
            yield return ($"length '{value}'", $"POST / HTTP/1.1\r\n{Host}Content-Length: {Latin(value)}\r\n\r\nabc{Smuggled}");
        }
        foreach (var (one, two) in new[] { ("3", "3"), ("3", "0"), ("0", "3"), ("0", "44"), ("3", ""), ("", "3"), ("3", "+3") })
        {
            yield return ($"lengths '{one}' and '{two}'", $"POST / HTTP/1.1\r\n{Host}Content-Length: {one}\r\nContent-Length: {two}\r\n\r\nabc{Smuggled}");
            yield return ($"lengths '{one}' and '{two}', other case", $"POST / HTTP/1.1\r\n{Host}Content-Length: {one}\r\nX: y\r\ncontent-length: {two}\r\n\r\nabc{Smuggled}");
        }
        foreach (var method in new[] { "GET", "HEAD", "DELETE", "OPTIONS" })
        {
            yield return ($"{method} with two lengths", $"{method} / HTTP/1.1\r\n{Host}Content-Length: 44\r\nContent-Length: 0\r\n\r\n{Smuggled}");
        }
    }

    private static IEnumerable<(string, string)> Codings()
    {
        foreach (var (first, second) in new[] { ("Content-Length: 4", "Transfer-Encoding: chunked"), ("Transfer-Encoding: chunked", "Content-Length: 4"), ("content-length: 0", "TRANSFER-ENCODING: CHUNKED") })
        {
            foreach (var between in new[] { "", "X: y\r\n", "Connection: keep-alive\r\n" })
            {
                yield return ($"{first} with {second} {between.Trim()}", $"POST / HTTP/1.1\r\n{Host}{first}\r\n{between}{second}\r\n\r\n0\r\n\r\n{Smuggled}");
            }
        }
        string[] bad =
        [
            "chunked, chunked", ",chunked", "chunked,", "chunked, identity", "identity, chunked", "identity", "gzip, chunked", "gzip", "xchunked", "chunkedx", "chunked;q=1", "\"chunked\"", "'chunked'", "chunked\u000b", "\u000bchunked", "\u000cchunked", "chunked\u00a0",
            "chu\tnked", "chunk", "", "cow", "chunked chunked", "%63hunked", "c\u0000hunked", "chunked\u0000", "deflate", "trailers", "\u0001chunked", "=chunked", "chunked=",
        ];
        foreach (var value in bad)
        {
            yield return ($"coding '{value}'", $"POST / HTTP/1.1\r\n{Host}Transfer-Encoding: {Latin(value)}\r\n\r\n0\r\n\r\n{Smuggled}");
            yield return ($"coding '{value}' with a length", $"POST / HTTP/1.1\r\n{Host}Content-Length: 5\r\nTransfer-Encoding: {Latin(value)}\r\n\r\n0\r\n\r\n{Smuggled}");
        }
        foreach (var (one, two) in new[] { ("chunked", "chunked"), ("chunked", "identity"), ("identity", "chunked"), ("chunked", "cow"), ("", "chunked") })
        {
            yield return ($"codings '{one}' and '{two}'", $"POST / HTTP/1.1\r\n{Host}Transfer-Encoding: {one}\r\nTransfer-Encoding: {two}\r\n\r\n0\r\n\r\n{Smuggled}");
        }
        yield return ("coding in HTTP/1.0", $"POST / HTTP/1.0\r\n{Host}Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n{Smuggled}");
        yield return ("coding and keep-alive in HTTP/1.0", $"POST / HTTP/1.0\r\n{Host}Connection: keep-alive\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n{Smuggled}");
    }

    private static IEnumerable<(string, string)> LineEnds()
    {
        string[] lines = ["POST / HTTP/1.1", "Host: a.example", "X: y", "Content-Length: 3", ""];
        foreach (var (name, end) in new[] { ("LF", "\n"), ("CR", "\r"), ("CR CR LF", "\r\r\n"), ("LF CR", "\n\r"), ("VT", "\u000b"), ("FF", "\u000c"), ("NEL", "\u0085"), ("NUL CRLF", "\0\r\n"), ("CR blank LF", "\r \n") })
        {
            for (var bad = 0; bad < lines.Length; bad++)
            {
                if (name == "NEL" && bad == 2)
                {
                    // A byte above ASCII is part of a value: there is nothing to misread.
                    continue;
                }
                yield return ($"{name} after line {bad + 1}", string.Concat(lines.Select((l, i) => l + (i == bad ? end : "\r\n"))) + "abc" + Smuggled + "\r\n\r\n");
            }
        }
        yield return ("only LF", $"GET / HTTP/1.1\nHost: a.example\n\n{Smuggled}");
        yield return ("a folded value", $"POST / HTTP/1.1\r\n{Host}Transfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n{Smuggled}");
        yield return ("a folded value with tab", $"POST / HTTP/1.1\r\n{Host}X: y\r\n\tContent-Length: 3\r\n\r\nabc{Smuggled}");
        yield return ("a folded first line", $"GET / HTTP/1.1\r\n {Host}\r\n{Smuggled}");
        yield return ("two empty lines ahead", $"\r\n\r\nGET / HTTP/1.1\r\n{Host}\r\n");
        yield return ("LF ahead", $"\nGET / HTTP/1.1\r\n{Host}\r\n");
        yield return ("CR ahead", $"\rGET / HTTP/1.1\r\n{Host}\r\n");
        yield return ("blank ahead", $" GET / HTTP/1.1\r\n{Host}\r\n");
    }

    private static IEnumerable<(string, string)> RequestLines()
    {
        string[] bad =
        [
            "GET  / HTTP/1.1", "GET /  HTTP/1.1", "GET\t/ HTTP/1.1", "GET /\tHTTP/1.1", "GET / HTTP/1.1 ", "GET / HTTP/1.1\t", "GET /", "GET", "", "GET / http/1.1", "GET / HTTP/1.2", "GET / HTTP/1.10", "GET / HTTP/01.1", "GET / HTTP/2.0", "GET / HTTP/0.9", "GET / HTTP/1,1",
            "GET / HTTPS/1.1", "GET / HTTP/1.1 HTTP/1.1", "GET /a b HTTP/1.1", "GET /#x HTTP/1.1", "GET /\u00e4 HTTP/1.1", "GET /\0 HTTP/1.1", "GET /\u0001 HTTP/1.1", "GET /\u007f HTTP/1.1", "G(T / HTTP/1.1", "GE\0T / HTTP/1.1", "GET: / HTTP/1.1", "\"GET\" / HTTP/1.1", "G\u00c4T / HTTP/1.1",
            "/ HTTP/1.1", "HTTP/1.1", "PRI * HTTP/2.0", "GET / HTTP/1.1\u000b", "GET\u000b/ HTTP/1.1", "GET\u00a0/ HTTP/1.1",
        ];
        return bad.Select(line => ($"request line '{line}'", $"{line}\r\n{Host}\r\n{Smuggled}"));
    }

    private static IEnumerable<(string, string)> Fields()
    {
        for (var c = 0; c < 0x80; c++)
        {
            if (c is '\r' or '\n' or ':')
            {
                continue;
            }
            if (!char.IsAsciiLetterOrDigit((char)c) && !"!#$%&'*+-.^_`|~".Contains((char)c))
            {
                yield return ($"0x{c:x2} in a name", $"GET / HTTP/1.1\r\n{Host}X{(char)c}Y: z\r\n\r\n{Smuggled}");
                yield return ($"0x{c:x2} at the end of a name", $"POST / HTTP/1.1\r\n{Host}Content-Length{(char)c}: 3\r\n\r\nabc{Smuggled}");
                yield return ($"0x{c:x2} at the start of a name", $"POST / HTTP/1.1\r\n{Host}{(char)c}Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n{Smuggled}");
            }
            if (c is (< ' ' and not '\t') or 0x7F)
            {
                yield return ($"0x{c:x2} in a value", $"GET / HTTP/1.1\r\n{Host}X: a{(char)c}b\r\n\r\n{Smuggled}");
            }
        }
        foreach (var line in new[] { "no colon", ": no name", "X", " : y", "Transfer-Encoding chunked", "Content-Length 3", "\u00e4: b", "Content-Length\u00a0: 3" })
        {
            yield return ($"field '{line}'", $"POST / HTTP/1.1\r\n{Host}{line}\r\n\r\nabc{Smuggled}");
        }
        yield return ("no host", $"GET / HTTP/1.1\r\n\r\n{Smuggled}");
        yield return ("two hosts", $"GET / HTTP/1.1\r\n{Host}Host: b.example\r\n\r\n{Smuggled}");
        yield return ("another host in the target", $"GET http://b.example/ HTTP/1.1\r\n{Host}\r\n{Smuggled}");
        yield return ("a host that is none", $"GET / HTTP/1.1\r\nHost: a.example/x\r\n\r\n{Smuggled}");
        foreach (var name in new[] { "Host", "Content-Length", "Transfer-Encoding", "Cookie", "Authorization", "Content-Type" })
        {
            yield return ($"Connection names {name}", $"POST / HTTP/1.1\r\n{Host}Connection: close, {name}\r\nContent-Length: 0\r\n\r\n");
        }
    }

    private static IEnumerable<(string, string)> Chunks()
    {
        string[] bad = ["3 ", " 3", "0x3", "+3", "-3", "g", "", "3 ;x", "3,3", "3\t", "00000000000000003", "ffffffffffffffff", "3;\0", "3;a\u000bb", "３", "3\u00a0", "3\u000b"];
        foreach (var size in bad)
        {
            yield return ($"chunk size '{size}'", $"POST / HTTP/1.1\r\n{Host}Transfer-Encoding: chunked\r\n\r\n{Latin(size)}\r\nabc\r\n0\r\n\r\n{Smuggled}");
        }
        foreach (var (name, body) in new[]
        {
            ("LF after a size", "3\nabc\r\n0\r\n\r\n"), ("LF after a chunk", "3\r\nabc\n0\r\n\r\n"), ("CR after a size", "3\rabc\r\n0\r\n\r\n"), ("nothing after a chunk", "3\r\nabc0\r\n\r\n"), ("more than said", "3\r\nabcd\r\n0\r\n\r\n"),
            ("LF in an extension", "3;x\ny\r\nabc\r\n0\r\n\r\n"), ("CR in an extension", "3;x\ry\r\nabc\r\n0\r\n\r\n"), ("LF at the end", "3\r\nabc\r\n0\r\n\n"), ("a length as trailer", "3\r\nabc\r\n0\r\nContent-Length: 3\r\n\r\n"),
            ("a coding as trailer", "3\r\nabc\r\n0\r\nTransfer-Encoding: chunked\r\n\r\n"), ("a bad trailer", "3\r\nabc\r\n0\r\nX Y: z\r\n\r\n"), ("a folded trailer", "3\r\nabc\r\n0\r\nX: y\r\n z\r\n\r\n"), ("LF after the last size", "3\r\nabc\r\n0\n\r\n"),
        })
        {
            yield return (name, $"POST / HTTP/1.1\r\n{Host}Transfer-Encoding: chunked\r\n\r\n{body}{Smuggled}");
        }
    }

    /// <summary>Text above Latin-1 as the bytes of its UTF-8 form.</summary>
    private static string Latin(string text) => text.Any(c => c > 0xFF) ? System.Text.Encoding.Latin1.GetString(System.Text.Encoding.UTF8.GetBytes(text)) : text;
}
