using System.Buffers.Binary;
using System.Net.Sockets;
using System.Text;

namespace Athena.Testing;

/// <summary>An HTTP/2 connection over clear text that sends any fields as they stand: no client would.</summary>
public sealed class RawHttp2 : IDisposable
{
    public const byte Data = 0;
    public const byte Headers = 1;
    public const byte EndStream = 1;
    public const byte EndHeaders = 4;

    private readonly Socket _socket = new(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };

    public static async Task<RawHttp2> OpenAsync(Uri address)
    {
        var connection = new RawHttp2();
        await connection._socket.ConnectAsync(address.Host, address.Port, Deadline.Token());
        await connection._socket.SendAsync("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8.ToArray(), SocketFlags.None, Deadline.Token());
        await connection.SendAsync(4, 0, 0, []);
        return connection;
    }

    /// <summary>A block of fields without compression: each a literal that is not indexed.</summary>
    public static byte[] Block(params (string Name, string Value)[] fields)
    {
        var block = new List<byte>();
        foreach (var (name, value) in fields)
        {
            block.Add(0);
            foreach (var text in new[] { name, value })
            {
                var bytes = Encoding.Latin1.GetBytes(text);
                if (bytes.Length >= 127)
                {
                    throw new ArgumentException("Short texts only.", nameof(fields));
                }
                block.Add((byte)bytes.Length);
                block.AddRange(bytes);
            }
        }
        return [.. block];
    }

    public async Task SendAsync(byte type, byte flags, int stream, byte[] payload)
    {
        var frame = new byte[9 + payload.Length];
        BinaryPrimitives.WriteInt32BigEndian(frame, payload.Length << 8);
        frame[3] = type;
        frame[4] = flags;
        BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(5), stream);
        payload.CopyTo(frame, 9);
        try
        {
            await _socket.SendAsync(frame, SocketFlags.None, Deadline.Token());
        }
        catch (SocketException)
        {
            // It was cut; what it said is still to be read.
        }
    }

    /// <summary>How the stream ended: the first byte of its block of fields when it was answered, or the frame that ended it or the connection; with the answer's bytes.</summary>
    public async Task<(string End, byte[] Fields)> EndOfAsync(int stream)
    {
        while (await FrameAsync() is { } frame)
        {
            switch (frame.Type)
            {
                case Headers when frame.Stream == stream:
                    return ("answered", frame.Payload);
                case 3 when frame.Stream == stream:
                    return ("reset", []);
                case 7:
                    return ("goaway", []);
                case 4 when frame.Flags == 0:
                    await SendAsync(4, 1, 0, []);
                    break;
            }
        }
        return ("closed", []);
    }

    public void Dispose() => _socket.Dispose();

    private async Task<(byte Type, byte Flags, int Stream, byte[] Payload)?> FrameAsync()
    {
        var head = await ReadAsync(9);
        var payload = head is null ? null : await ReadAsync(BinaryPrimitives.ReadInt32BigEndian(head) >>> 8);
        return payload is null ? null : (head![3], head[4], BinaryPrimitives.ReadInt32BigEndian(head.AsSpan(5)) & int.MaxValue, payload);
    }

    private async Task<byte[]?> ReadAsync(int length)
    {
        var bytes = new byte[length];
        try
        {
            for (var at = 0; at < length;)
            {
                var read = await _socket.ReceiveAsync(bytes.AsMemory(at), SocketFlags.None, Deadline.Token());
                if (read == 0)
                {
                    return null;
                }
                at += read;
            }
            return bytes;
        }
        catch (SocketException)
        {
            return null;
        }
    }
}
