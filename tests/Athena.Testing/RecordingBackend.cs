using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Athena.Testing;

/// <summary>A server that keeps every byte it gets, reads requests by the strict letter of RFC 9112 and answers each with 200.</summary>
public sealed class RecordingBackend : IAsyncDisposable
{
    private static readonly byte[] Answer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"u8.ToArray();

    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _ended = new();
    private readonly ConcurrentQueue<string> _requests = new();
    private readonly ConcurrentQueue<string> _faults = new();
    private readonly StringBuilder _bytes = new();
    private readonly Task _accepting;

    public RecordingBackend()
    {
        _listener.Start();
        _accepting = AcceptAsync();
    }

    public Uri Address => new($"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}/");

    /// <summary>Whole requests, head and body, as they came.</summary>
    public IReadOnlyCollection<string> Requests => _requests;

    /// <summary>What was no request.</summary>
    public IReadOnlyCollection<string> Faults => _faults;

    /// <summary>Every byte, one character each.</summary>
    public string Bytes
    {
        get
        {
            lock (_bytes)
            {
                return _bytes.ToString();
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _ended.CancelAsync();
        _listener.Stop();
        await _accepting.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _ended.Dispose();
    }

    private async Task AcceptAsync()
    {
        while (!_ended.IsCancellationRequested)
        {
            var connection = await _listener.AcceptTcpClientAsync(_ended.Token);
            _ = ServeAsync(connection);
        }
    }

    private async Task ServeAsync(TcpClient connection)
    {
        using (connection)
        {
            var stream = connection.GetStream();
            var held = "";
            var buffer = new byte[16 << 10];
            try
            {
                while (await stream.ReadAsync(buffer, _ended.Token) is var read && read > 0)
                {
                    var text = Encoding.Latin1.GetString(buffer, 0, read);
                    lock (_bytes)
                    {
                        _bytes.Append(text);
                    }
                    held += text;
                    while (StrictRequest.Take(ref held, out var request))
                    {
                        _requests.Enqueue(request);
                        await stream.WriteAsync(Answer, _ended.Token);
                    }
                }
            }
            catch (FormatException e)
            {
                _faults.Enqueue($"{e.Message}: {held}");
            }
            catch (Exception e) when (e is IOException or OperationCanceledException)
            {
                // The gateway or the test has gone.
            }
        }
    }
}

/// <summary>The grammar of RFC 9112, written apart from the gateway's own reader.</summary>
public static class StrictRequest
{
    /// <summary>Takes one whole request off the front; false when more must come.</summary>
    /// <exception cref="FormatException">It is none.</exception>
    public static bool Take(ref string bytes, out string request)
    {
        request = "";
        var end = bytes.IndexOf("\r\n\r\n", StringComparison.Ordinal);
        if (end < 0)
        {
            return false;
        }
        var lines = bytes[..end].Split("\r\n");
        if (lines.Any(l => l.Any(c => c != '\t' && (c < ' ' || c == 0x7F))) || lines[0].Split(' ') is not [{ Length: > 0 }, { Length: > 0 }, "HTTP/1.1"])
        {
            throw new FormatException("bad head");
        }
        var fields = lines.Skip(1).Select(l => l.Split(':', 2)).ToArray();
        if (fields.Any(f => f.Length != 2 || f[0].Length == 0 || f[0].Any(c => !char.IsAsciiLetterOrDigit(c) && !"!#$%&'*+-.^_`|~".Contains(c))))
        {
            throw new FormatException("bad field");
        }
        var lengths = Values(fields, "Content-Length");
        var codings = Values(fields, "Transfer-Encoding");
        if (lengths.Length + codings.Length > 1 || lengths.Any(l => !l.All(char.IsAsciiDigit)) || codings.Any(c => c != "chunked"))
        {
            throw new FormatException("ambiguous body");
        }
        var body = codings.Length > 0 ? Chunked(bytes, end + 4) : lengths.Length > 0 ? int.Parse(lengths[0], System.Globalization.CultureInfo.InvariantCulture) : 0;
        if (body < 0 || bytes.Length < end + 4 + body)
        {
            return false;
        }
        (request, bytes) = (bytes[..(end + 4 + body)], bytes[(end + 4 + body)..]);
        return true;
    }

    private static string[] Values(string[][] fields, string name) =>
        [.. fields.Where(f => f[0].Equals(name, StringComparison.OrdinalIgnoreCase)).Select(f => f[1].Trim(' ', '\t'))];

    /// <summary>Length of a chunked body; -1 when more must come.</summary>
    private static int Chunked(string bytes, int start)
    {
        for (var at = start; ;)
        {
            var line = bytes.IndexOf("\r\n", at, StringComparison.Ordinal);
            if (line < 0)
            {
                return -1;
            }
            if (!int.TryParse(bytes[at..line], System.Globalization.NumberStyles.AllowHexSpecifier, System.Globalization.CultureInfo.InvariantCulture, out var length))
            {
                throw new FormatException("bad chunk");
            }
            at = line + 2 + length + 2;
            if (bytes.Length < at)
            {
                return -1;
            }
            if (bytes[(at - 2)..at] != "\r\n")
            {
                throw new FormatException("bad end of chunk");
            }
            if (length == 0)
            {
                return at - start;
            }
        }
    }
}
