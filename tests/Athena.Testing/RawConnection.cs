using System.Net.Sockets;
using System.Text;

namespace Athena.Testing;

/// <summary>A socket that sends bytes as they stand; one character is one byte.</summary>
public sealed class RawConnection : IDisposable
{
    private readonly Socket _socket;

    private RawConnection(Socket socket) => _socket = socket;

    public static async Task<RawConnection> OpenAsync(Uri address)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(address.Host, address.Port, Deadline.Token());
        return new RawConnection(socket);
    }

    /// <summary>All that comes back for these bytes until the other side closes, which is a fault when it does not.</summary>
    public static async Task<string> ExchangeAsync(Uri address, string bytes)
    {
        using var connection = await OpenAsync(address);
        await connection.SendAsync(bytes);
        return await connection.ReadToEndAsync();
    }

    public async Task SendAsync(string bytes)
    {
        try
        {
            await _socket.SendAsync(Encoding.Latin1.GetBytes(bytes), SocketFlags.None, Deadline.Token());
        }
        catch (SocketException)
        {
            // It was closed while we sent; what it said is still to be read.
        }
    }

    /// <summary>Says that nothing more comes.</summary>
    public void Finish() => _socket.Shutdown(SocketShutdown.Send);

    public async Task<string> ReadToEndAsync()
    {
        var text = new StringBuilder();
        var buffer = new byte[4096];
        try
        {
            while (await _socket.ReceiveAsync(buffer, SocketFlags.None, Deadline.Token()) is var read && read > 0)
            {
                text.Append(Encoding.Latin1.GetString(buffer, 0, read));
            }
        }
        catch (SocketException)
        {
            // Closed the hard way: that is closed too.
        }
        return text.ToString();
    }

    /// <summary>Reads until the text ends so.</summary>
    public async Task<string> ReadUntilAsync(string end)
    {
        var text = new StringBuilder();
        var buffer = new byte[1];
        while (!text.ToString().EndsWith(end, StringComparison.Ordinal))
        {
            if (await _socket.ReceiveAsync(buffer, SocketFlags.None, Deadline.Token()) == 0)
            {
                throw new InvalidOperationException($"closed after: {text}");
            }
            text.Append((char)buffer[0]);
        }
        return text.ToString();
    }

    public void Dispose() => _socket.Dispose();
}
