using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Athena.Gateway.Forwarding;

/// <summary>Connections to one server that no request uses, the last used first.</summary>
internal sealed class ServerPool
{
    private readonly DnsEndPoint _server;
    private readonly TimeProvider _time;
    private readonly Lock _lock = new();
    private readonly Stack<ServerConnection> _idle = new();
    private bool _isClosed;
    private long _usedAt;

    public ServerPool(Uri address, TimeProvider time)
    {
        _server = new DnsEndPoint(address.IdnHost, address.Port);
        _time = time;
        _usedAt = time.GetTimestamp();
        Address = address;
        Host = Encoding.ASCII.GetBytes(address.IsDefaultPort ? HostOf(address) : $"{HostOf(address)}:{address.Port}");
        Path = address.AbsolutePath.TrimEnd('/');
    }

    /// <summary>The server.</summary>
    public Uri Address { get; }

    /// <summary>What its requests have in `Host`.</summary>
    public byte[] Host { get; }

    /// <summary>Path in front of its requests' paths, without a final '/'.</summary>
    public string Path { get; }

    /// <summary>Takes an idle connection that the server still keeps, and begins a request on it.</summary>
    /// <param name="patience">How long the server may be silent.</param>
    /// <param name="connection">The connection.</param>
    public bool TryTake(TimeSpan patience, [MaybeNullWhen(false)] out ServerConnection connection)
    {
        while (TryPop(out connection))
        {
            if (connection.TryBegin(patience))
            {
                return true;
            }
            connection.Dispose();
        }
        return false;
    }

    /// <summary>Makes a new connection.</summary>
    /// <exception cref="HttpRequestException">It did not come about, or not in time.</exception>
    /// <exception cref="OperationCanceledException">Nobody waits for it any more.</exception>
    public async ValueTask<ServerConnection> ConnectAsync(TimeSpan patience, CancellationToken cancellation)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        using var limit = new CancellationTokenSource(patience, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellation);
        try
        {
            await socket.ConnectAsync(_server, either.Token).ConfigureAwait(false);
            return new ServerConnection(socket, _time);
        }
        catch (Exception e)
        {
            socket.Dispose();
            if (cancellation.IsCancellationRequested || e is not (SocketException or OperationCanceledException))
            {
                throw;
            }
            var error = e is SocketException { SocketErrorCode: SocketError.HostNotFound or SocketError.NoData or SocketError.TryAgain } ? HttpRequestError.NameResolutionError : HttpRequestError.ConnectionError;
            throw new HttpRequestException(error, $"{(e is SocketException ? e.Message : $"no connection within {patience}")} ({_server.Host}:{_server.Port})", e);
        }
    }

    /// <summary>Puts a connection back for the next request.</summary>
    public void Return(ServerConnection connection)
    {
        connection.IdleSince = _time.GetTimestamp();
        lock (_lock)
        {
            if (!_isClosed)
            {
                _usedAt = connection.IdleSince;
                _idle.Push(connection);
                return;
            }
        }
        connection.Dispose();
    }

    /// <summary>Closes what has been idle for so long, and this pool when nothing came back to it for much longer.</summary>
    /// <returns>Whether it is closed.</returns>
    public bool Sweep(TimeSpan idle, TimeSpan unused)
    {
        lock (_lock)
        {
            var kept = _idle.Where(c => _time.GetElapsedTime(c.IdleSince) < idle).Reverse().ToArray();
            foreach (var connection in _idle.Except(kept))
            {
                connection.Dispose();
            }
            _idle.Clear();
            Array.ForEach(kept, _idle.Push);
            return _isClosed = _time.GetElapsedTime(_usedAt) >= unused;
        }
    }

    /// <summary>Closes it and what is idle; connections in use are closed when they are put back.</summary>
    public void Close()
    {
        lock (_lock)
        {
            _isClosed = true;
            while (_idle.TryPop(out var connection))
            {
                connection.Dispose();
            }
        }
    }

    private bool TryPop([MaybeNullWhen(false)] out ServerConnection connection)
    {
        lock (_lock)
        {
            return _idle.TryPop(out connection);
        }
    }

    private static string HostOf(Uri address) => address.HostNameType == UriHostNameType.IPv6 ? $"[{address.IdnHost}]" : address.IdnHost;
}
