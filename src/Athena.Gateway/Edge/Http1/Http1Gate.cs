using System.Buffers;
using System.Collections.Concurrent;

namespace Athena.Gateway.Edge.Http1;

/// <summary>Lets through only requests whose beginning and end are beyond doubt, so that no server behind can read them in another way (request smuggling).</summary>
/// <remarks>
/// Follows the framing of RFC 9112 in its strict form: lines end in CRLF; one `Content-Length` in its one spelling or one `Transfer-Encoding: chunked`, never
/// both, and the latter not with HTTP/1.0. The LF that ends a line passes when the line is good, and the one that ends a head when the head is: nobody
/// acts on a bad one. What the server checks by itself (sizes, time, `Host`) is left to it.
/// </remarks>
internal sealed class Http1Gate : IByteGate
{
    /// <summary>Longest line that may come in pieces; the server's own limits are far below.</summary>
    private const int LongestLine = 1 << 20;

    private readonly ArrayBufferWriter<byte> _begun = new(64);
    private readonly ConcurrentQueue<(long Request, string[] Names)> _nominated = new();
    private long _passedHeads;
    private long _servedHeads;
    private State _state = State.Start;
    private Framing _framing;
    private long _left;
    private bool _endsInCr;
    private volatile bool _isReleased;

    private enum State
    {
        /// <summary>Before a request; one empty line is passed over, as RFC 9112 asks.</summary>
        Start,
        RequestLine,
        Fields,
        Body,
        ChunkLine,
        Chunk,
        ChunkEnd,
        Trailers,
    }

    public bool IsRefused { get; private set; }

    /// <summary>From now on everything passes: the connection no longer speaks HTTP.</summary>
    public void Release() => _isReleased = true;

    /// <summary>Headers that `Connection` of the next request names, in the order in which they are served. The server itself forgets them when `close` stands beside them.</summary>
    public string[] NominatedByNext()
    {
        var request = _servedHeads++;
        return _nominated.TryPeek(out var next) && next.Request == request && _nominated.TryDequeue(out next) ? next.Names : [];
    }

    public long Pass(in ReadOnlySequence<byte> bytes)
    {
        if (bytes.IsSingleSegment)
        {
            return Pass(bytes.FirstSpan);
        }
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
        if (_isReleased)
        {
            return bytes.Length;
        }
        var at = 0;
        while (at < bytes.Length && !IsRefused)
        {
            at += _state is State.Body or State.Chunk ? PassBody(bytes.Length - at) : PassLine(bytes[at..]);
        }
        return at;
    }

    private int PassBody(int available)
    {
        var taken = (int)Math.Min(_left, available);
        _left -= taken;
        if (_left == 0)
        {
            _state = _state == State.Chunk ? State.ChunkEnd : State.Start;
        }
        return taken;
    }

    private int PassLine(ReadOnlySpan<byte> bytes)
    {
        if (_endsInCr)
        {
            _endsInCr = false;
            IsRefused = bytes[0] != '\n' || !IsGood(_begun.WrittenSpan);
            _begun.ResetWrittenCount();
            return IsRefused ? 0 : 1;
        }
        var end = bytes.IndexOfAny((byte)'\r', (byte)'\n');
        if (end >= 0 && bytes[end] == '\n')
        {
            IsRefused = true;
            return end;
        }
        if (end < 0 || end == bytes.Length - 1 || _begun.WrittenCount > 0)
        {
            return PassPiece(bytes, end);
        }
        IsRefused = bytes[end + 1] != '\n' || !IsGood(bytes[..end]);
        return IsRefused ? end + 1 : end + 2;
    }

    /// <summary>Part of a line: kept, for the line is judged when it ends.</summary>
    private int PassPiece(ReadOnlySpan<byte> bytes, int end)
    {
        _endsInCr = end >= 0;
        var piece = _endsInCr ? bytes[..end] : bytes;
        if (_begun.WrittenCount + piece.Length > LongestLine)
        {
            IsRefused = true;
            return 0;
        }
        _begun.Write(piece);
        return _endsInCr ? end + 1 : piece.Length;
    }

    /// <summary>Judges a whole line and goes on to what must follow it.</summary>
    private bool IsGood(ReadOnlySpan<byte> line)
    {
        switch (_state)
        {
            case State.Start when line.IsEmpty:
                _state = State.RequestLine;
                return true;
            case State.Start or State.RequestLine:
                _framing = default;
                _state = State.Fields;
                return HeadSyntax.IsRequestLine(line, out _framing.IsHttp10);
            case State.Fields when line.IsEmpty:
                return EndHead();
            case State.Fields:
                return HeadSyntax.IsField(line, out var name, out var value) && _framing.Take(name, value);
            case State.ChunkLine:
                return HeadSyntax.IsChunkLine(line, out _left) && Enter(_left > 0 ? State.Chunk : State.Trailers);
            case State.ChunkEnd:
                return line.IsEmpty && Enter(State.ChunkLine);
            case State.Trailers when line.IsEmpty:
                return Enter(State.Start);
            default:
                return HeadSyntax.IsField(line, out var trailer, out _) && !Framing.IsFraming(trailer);
        }
    }

    private bool EndHead()
    {
        _left = _framing.ContentLength ?? 0;
        if (_framing.Nominated is { } names)
        {
            _nominated.Enqueue((_passedHeads, [.. names]));
        }
        _passedHeads++;
        return _framing.IsConsistent && Enter(_framing.IsChunked ? State.ChunkLine : _left > 0 ? State.Body : State.Start);
    }

    private bool Enter(State next)
    {
        _state = next;
        return true;
    }
}
