using System.Net.Sockets;

namespace Athena.Gateway.Forwarding;

/// <summary>A connection to a server that speaks HTTP/1.1 in clear text, used by one request at a time.</summary>
/// <remarks>What must not go on (the visitor left, the server is silent for too long) closes the socket: what waits for it then ends with an error.</remarks>
internal sealed class ServerConnection : IDisposable
{
    /// <summary>Largest head of an answer, as by HttpClient.</summary>
    public const int MostHead = 64 * 1024;

    private const int FirstSize = 4096;

    private readonly Socket _socket;
    private readonly TimeProvider _time;
    private readonly ITimer _watch;
    private readonly Lock _deadline = new();
    private byte[] _received = GC.AllocateUninitializedArray<byte>(FirstSize);
    private int _start;
    private int _end;
    private bool _isWaiting;
    private bool _isWatched;
    private TimeSpan _patience;
    private long _since;
    private int _ending;
    private ValueTask<int> _first;
    private bool _isFirst;

    public ServerConnection(Socket socket, TimeProvider time)
    {
        (_socket, _time) = (socket, time);
        _watch = time.CreateTimer(static connection => ((ServerConnection)connection!).Look(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>What is to be sent.</summary>
    public HeadWriter Head { get; } = new();

    /// <summary>The head of the answer that came last.</summary>
    public AnswerHead Answer { get; } = new();

    /// <summary>Bytes that came and were not used.</summary>
    public ReadOnlyMemory<byte> Received => _received.AsMemory(_start, _end - _start);

    /// <summary>When it was put back, by the time provider's timestamps.</summary>
    public long IdleSince { get; set; }

    /// <summary>Whether a request has used it before.</summary>
    public bool WasUsed { get; private set; }

    /// <summary>Why it was closed, if somebody did.</summary>
    public ConnectionEnd Ending => (ConnectionEnd)Volatile.Read(ref _ending);

    /// <summary>Closes it for a reason; the first one counts.</summary>
    public void End(ConnectionEnd why)
    {
        if (Interlocked.CompareExchange(ref _ending, (int)why, 0) == 0)
        {
            Dispose();
        }
    }

    /// <summary>Begins a request, for which the server may be silent for so long at a time.</summary>
    /// <remarks>
    /// Begins to receive before anything is sent, which costs nothing more than after: what is there by now answers nobody (a second answer, a farewell,
    /// the end), and must not become the answer to this request.
    /// </remarks>
    /// <returns>False when the connection is of no use.</returns>
    public bool TryBegin(TimeSpan patience)
    {
        (_start, _end) = (0, 0);
        if (!IsSilent(_socket.ReceiveAsync(_received.AsMemory())))
        {
            return false;
        }
        Watch(patience);
        return true;
    }

    /// <summary>Something went on: the server's time to be silent begins anew.</summary>
    public void Touch() => Volatile.Write(ref _since, _time.GetTimestamp());

    /// <summary>The request has ended: nobody waits.</summary>
    /// <returns>Whether it was not closed meanwhile.</returns>
    public bool Rest()
    {
        lock (_deadline)
        {
            _isWaiting = false;
            WasUsed = true;
            return Ending == ConnectionEnd.None;
        }
    }

    /// <summary>Sends what <see cref="Head"/> has.</summary>
    public async ValueTask SendAsync()
    {
        for (var bytes = Head.Written; bytes.Length > 0;)
        {
            var sent = await _socket.SendAsync(bytes).ConfigureAwait(false);
            bytes = bytes[sent..];
        }
        Touch();
    }

    /// <summary>Reads the head of an answer off what was received.</summary>
    /// <returns>Whether all of it is there.</returns>
    /// <exception cref="InvalidDataException">It is none.</exception>
    public bool TryReadHead(HttpResponse answer)
    {
        var isRead = Answer.TryRead(Received.Span, answer, out var used);
        Use(used);
        return isRead;
    }

    /// <summary>Receives more behind what was received.</summary>
    /// <returns>How many bytes; 0 when the server has ended.</returns>
    /// <exception cref="InvalidDataException">An answer's head is too long.</exception>
    public ValueTask<int> ReceiveAsync()
    {
        var receiving = _isFirst ? _first : ReceiveMoreAsync();
        _isFirst = false;
        return receiving.IsCompletedSuccessfully ? new(Came(receiving.Result)) : CameAsync(receiving);
    }

    /// <summary>Receives into somebody's memory; nothing must be left of what was received.</summary>
    public async ValueTask<int> ReceiveAsync(Memory<byte> into)
    {
        var count = await _socket.ReceiveAsync(into).ConfigureAwait(false);
        Touch();
        return count;
    }

    /// <summary>Takes bytes off what was received.</summary>
    public void Use(int count) => _start += count;

    /// <inheritdoc/>
    public void Dispose()
    {
        _watch.Dispose();
        _socket.Dispose();
    }

    [System.Runtime.CompilerServices.AsyncMethodBuilder(typeof(System.Runtime.CompilerServices.PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<int> CameAsync(ValueTask<int> receiving) => Came(await receiving.ConfigureAwait(false));

    /// <summary>Keeps the first receive of a request, unless it has come to something.</summary>
    private bool IsSilent(ValueTask<int> first)
    {
        (_first, _isFirst) = (first, true);
        return !first.IsCompleted;
    }

    private void Watch(TimeSpan patience)
    {
        lock (_deadline)
        {
            var isSooner = !_isWatched || patience < _patience;
            (_isWaiting, _patience, _since) = (true, patience, _time.GetTimestamp());
            if (isSooner)
            {
                _isWatched = true;
                _watch.Change(patience, Timeout.InfiniteTimeSpan);
            }
        }
    }

    private ValueTask<int> ReceiveMoreAsync()
    {
        if (_start == _end)
        {
            _start = _end = 0;
        }
        else if (_end == _received.Length)
        {
            Grow();
        }
        return _socket.ReceiveAsync(_received.AsMemory(_end));
    }

    private int Came(int count)
    {
        _end += count;
        Touch();
        return count;
    }

    private void Grow()
    {
        var length = _end - _start;
        if (length >= MostHead)
        {
            throw new InvalidDataException("the answer's head is longer than 64 KiB");
        }
        var to = _start >= _received.Length / 2 ? _received : GC.AllocateUninitializedArray<byte>(_received.Length * 2);
        _received.AsSpan(_start, length).CopyTo(to);
        (_received, _start, _end) = (to, 0, length);
    }

    /// <summary>Wound once for many requests: it looks when the first of them would have waited too long, and again when the one that runs then would.</summary>
    private void Look()
    {
        lock (_deadline)
        {
            var left = _patience - _time.GetElapsedTime(Volatile.Read(ref _since));
            if (!_isWaiting)
            {
                _isWatched = false;
            }
            else if (left > TimeSpan.Zero)
            {
                _watch.Change(left, Timeout.InfiniteTimeSpan);
            }
            else
            {
                End(ConnectionEnd.TooSilent);
            }
        }
    }
}

/// <summary>Why a connection was closed before its answer was there.</summary>
internal enum ConnectionEnd
{
    /// <summary>It was not.</summary>
    None,

    /// <summary>The visitor went away.</summary>
    VisitorLeft,

    /// <summary>Nothing came or went for too long.</summary>
    TooSilent,
}
