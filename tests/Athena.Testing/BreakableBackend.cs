using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Athena.Testing;

/// <summary>A server that can die as a killed process does, or reset every connection once a request came; counts what it saw.</summary>
public sealed class BreakableBackend : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly ConcurrentDictionary<Socket, bool> _open = new();
    private readonly ConcurrentQueue<string> _heads = new();
    private readonly string _name;
    private readonly Task _accepting;
    private long _connections;

    public BreakableBackend(string name)
    {
        _name = name;
        _listener.Start();
        _accepting = AcceptAsync();
    }

    public Uri Address => new($"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}/");

    /// <summary>Whether it resets the connection instead of answering.</summary>
    public bool Resets { get; init; }

    /// <summary>What it answers, as it goes over the wire; null: 200 with its name.</summary>
    public string? Answer { get; init; }

    /// <summary>Heads of the requests that came.</summary>
    public IReadOnlyCollection<string> Heads => _heads;

    public long Connections => Interlocked.Read(ref _connections);

    /// <summary>A port on which nobody listens.</summary>
    public static async Task<Uri> DeadAsync()
    {
        await using var dead = new BreakableBackend("dead");
        return dead.Address;
    }

    /// <summary>Closes the port and resets every connection.</summary>
    public void Kill()
    {
        _listener.Stop();
        foreach (var socket in _open.Keys)
        {
            Reset(socket);
        }
    }

    public async ValueTask DisposeAsync()
    {
        Kill();
        await _accepting.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private async Task AcceptAsync()
    {
        while (true)
        {
            var socket = await _listener.AcceptSocketAsync();
            Interlocked.Increment(ref _connections);
            _open[socket] = true;
            _ = ServeAsync(socket);
        }
    }

    private async Task ServeAsync(Socket socket)
    {
        var text = new StringBuilder();
        var buffer = new byte[4096];
        var answer = Encoding.ASCII.GetBytes(Answer ?? $"HTTP/1.1 200 OK\r\nContent-Length: {_name.Length}\r\nX-Served-By: {_name}\r\n\r\n{_name}");
        try
        {
            while (await socket.ReceiveAsync(buffer) is var count and > 0)
            {
                text.Append(Encoding.Latin1.GetString(buffer, 0, count));
                while (Head(text) is { } head)
                {
                    _heads.Enqueue(head);
                    if (Resets)
                    {
                        Reset(socket);
                        return;
                    }
                    await socket.SendAsync(answer);
                }
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // Killed, or the caller went away.
        }
        finally
        {
            _open.TryRemove(socket, out _);
            socket.Dispose();
        }
    }

    /// <summary>The next whole request without its body; null until it came.</summary>
    private static string? Head(StringBuilder text)
    {
        var all = text.ToString();
        var end = all.IndexOf("\r\n\r\n", StringComparison.Ordinal);
        if (end < 0)
        {
            return null;
        }
        var length = all[..end].Split("\r\n").Where(l => l.StartsWith("Content-Length:", StringComparison.OrdinalIgnoreCase))
            .Select(l => int.Parse(l["Content-Length:".Length..], System.Globalization.CultureInfo.InvariantCulture)).FirstOrDefault();
        if (all.Length < end + 4 + length)
        {
            return null;
        }
        text.Remove(0, end + 4 + length);
        return all[..end];
    }

    private static void Reset(Socket socket)
    {
        try
        {
            socket.LingerState = new LingerOption(true, 0);
            socket.Close();
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // Gone already.
        }
    }
}
