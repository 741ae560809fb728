using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Athena.LoadBench.Watching;

/// <summary>One watcher on a connection of its own, as cheap as can be: it reads bytes and looks for the last word of a flap.</summary>
internal sealed class Watcher : IDisposable
{
    private readonly Socket _socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly byte[] _buffer = new byte[16 << 10];
    private volatile TaskCompletionSource _heard = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile byte[] _word = "\"snapshot\""u8.ToArray();
    private long _bytes;

    /// <summary>Bytes read so far.</summary>
    public long Bytes => Volatile.Read(ref _bytes);

    /// <summary>Connects and begins to read; every second one reads server-sent events.</summary>
    public static async Task<Watcher> OpenAsync(int port, bool events)
    {
        var watcher = new Watcher();
        await watcher._socket.ConnectAsync(IPAddress.Loopback, port);
        var accept = events ? "Accept: text/event-stream\r\n" : "";
        await watcher._socket.SendAsync(Encoding.ASCII.GetBytes($"GET /v1/health:watch HTTP/1.1\r\nHost: athena\r\n{accept}\r\n"));
        var snapshot = watcher._heard.Task;
        _ = watcher.ReadAsync();
        await snapshot;
        return watcher;
    }

    /// <summary>Ends when a change with this reason came.</summary>
    public Task HearAsync(string reason)
    {
        _heard = new(TaskCreationOptions.RunContinuationsAsynchronously);
        _word = Encoding.ASCII.GetBytes(reason);
        return _heard.Task;
    }

    public void Dispose() => _socket.Dispose();

    private async Task ReadAsync()
    {
        var kept = 0;
        try
        {
            while (await _socket.ReceiveAsync(_buffer.AsMemory(kept)) is > 0 and var read)
            {
                Volatile.Write(ref _bytes, _bytes + read);
                var all = _buffer.AsSpan(0, kept + read);
                if (all.IndexOf(_word) >= 0)
                {
                    _heard.TrySetResult();
                }
                kept = Math.Min(all.Length, 32);
                all[^kept..].CopyTo(_buffer);
            }
            _heard.TrySetException(new IOException("the service ended the stream"));
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            _heard.TrySetException(new IOException("the connection broke", e));
        }
    }
}
