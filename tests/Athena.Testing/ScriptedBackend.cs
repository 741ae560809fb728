using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Athena.Testing;

/// <summary>A server that answers each request with the very bytes that it was told, one character a byte.</summary>
public sealed class ScriptedBackend : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _ended = new();
    private readonly ConcurrentQueue<string> _heads = new();
    private readonly ConcurrentDictionary<Task, byte> _serving = new();
    private readonly Task _accepting;
    private int _connections;
    private int _answered;

    public ScriptedBackend()
    {
        _listener.Start();
        _accepting = AcceptAsync();
    }

    public Uri Address => new($"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}");

    /// <summary>Parts of the next answers, sent one by one.</summary>
    public string[] Answer { get; set; } = [];

    /// <summary>Waited for before each further part of an answer; null: nothing.</summary>
    public Func<Task>? Between { get; set; }

    /// <summary>Whether the connection is closed after an answer.</summary>
    public bool Closes { get; set; }

    /// <summary>Heads of the requests that came.</summary>
    public IReadOnlyCollection<string> Heads => _heads;

    /// <summary>Connections that were made.</summary>
    public int Connections => Volatile.Read(ref _connections);

    /// <summary>Answers of which the last part was sent.</summary>
    public int Answered => Volatile.Read(ref _answered);

    /// <summary>Takes the heads that came.</summary>
    public string[] TakeHeads()
    {
        var heads = _heads.ToArray();
        _heads.Clear();
        return heads;
    }

    public async ValueTask DisposeAsync()
    {
        await _ended.CancelAsync();
        _listener.Stop();
        await _accepting.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await Task.WhenAll(_serving.Keys).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _ended.Dispose();
    }

    private async Task AcceptAsync()
    {
        while (!_ended.IsCancellationRequested)
        {
            var socket = await _listener.AcceptSocketAsync(_ended.Token);
            socket.NoDelay = true;
            Interlocked.Increment(ref _connections);
            _serving.TryAdd(ServeAsync(socket), 0);
        }
    }

    private async Task ServeAsync(Socket socket)
    {
        using var connection = socket;
        var held = "";
        var buffer = new byte[64 << 10];
        while (await connection.ReceiveAsync(buffer, SocketFlags.None, _ended.Token) is var count && count > 0)
        {
            held += Encoding.Latin1.GetString(buffer, 0, count);
            while (held.IndexOf("\r\n\r\n", StringComparison.Ordinal) is var end && end >= 0)
            {
                _heads.Enqueue(held[..(end + 4)]);
                held = held[(end + 4)..];
                foreach (var (i, part) in Answer.Index())
                {
                    await (i > 0 && Between is { } between ? between() : Task.CompletedTask);
                    await connection.SendAsync(Encoding.Latin1.GetBytes(part), SocketFlags.None, _ended.Token);
                }
                Interlocked.Increment(ref _answered);
                if (Closes)
                {
                    connection.Shutdown(SocketShutdown.Both);
                    return;
                }
            }
        }
    }
}
