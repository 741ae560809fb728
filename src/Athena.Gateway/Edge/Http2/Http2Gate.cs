using System.Buffers;
using System.Buffers.Binary;

namespace Athena.Gateway.Edge.Http2;

/// <summary>Counts the frames of an HTTP/2 connection that cost the receiver work and carry nothing, and refuses the connection when there are too many.</summary>
/// <remarks>
/// <paramref name="refused"/> is called once and ends the connection. PING, SETTINGS, PRIORITY, RST_STREAM, empty DATA and unknown frames draw from a budget that fills again at a steady rate. Floods of resets, of CONTINUATION and of
/// compressed headers are the server's own business, which cuts them.
/// </remarks>
internal sealed class Http2Gate(int framesPerSecond, TimeProvider time, Action refused) : IByteGate
{
    private const int PrefaceLength = 24;
    private const int HeadLength = 9;
    private const byte Data = 0;
    private const byte Headers = 1;
    private const byte PushPromise = 5;
    private const byte WindowUpdate = 8;
    private const byte Continuation = 9;
    private const byte EndStream = 1;

    /// <summary>Seconds' worth of frames that may come at once.</summary>
    private const int Burst = 2;

    private readonly byte[] _head = new byte[HeadLength];
    private int _headRead;
    private long _skip = PrefaceLength;
    private double _budget = (double)framesPerSecond * Burst;
    private long _filledAt = time.GetTimestamp();

    public bool IsRefused { get; private set; }

    public long Pass(in ReadOnlySequence<byte> bytes)
    {
        var passed = 0L;
        foreach (var piece in bytes)
        {
            passed += Pass(piece.Span);
            if (IsRefused)
            {
                break;
            }
        }
        return passed;
    }

    private int Pass(ReadOnlySpan<byte> bytes)
    {
        var at = 0;
        while (at < bytes.Length)
        {
            if (_skip > 0)
            {
                var skipped = (int)Math.Min(_skip, bytes.Length - at);
                (_skip, at) = (_skip - skipped, at + skipped);
                continue;
            }
            var read = Math.Min(HeadLength - _headRead, bytes.Length - at);
            bytes.Slice(at, read).CopyTo(_head.AsSpan(_headRead));
            (_headRead, at) = (_headRead + read, at + read);
            if (_headRead == HeadLength)
            {
                _headRead = 0;
                _skip = (BinaryPrimitives.ReadInt32BigEndian(_head) >> 8) & 0xFFFFFF;
                if (IsIdle(_head[3], _head[4], _skip) && !Draw())
                {
                    IsRefused = true;
                    refused();
                    return at;
                }
            }
        }
        return at;
    }

    private static bool IsIdle(byte type, byte flags, long length) => type switch
    {
        Data => length == 0 && (flags & EndStream) == 0,
        Headers or PushPromise or WindowUpdate or Continuation => false,
        _ => true,
    };

    private bool Draw()
    {
        if (_budget < 1)
        {
            var now = time.GetTimestamp();
            _budget = Math.Min((double)framesPerSecond * Burst, _budget + (framesPerSecond * time.GetElapsedTime(_filledAt, now).TotalSeconds));
            _filledAt = now;
        }
        _budget--;
        return _budget >= 0;
    }
}
