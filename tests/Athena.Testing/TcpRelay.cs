using System.Net;
using System.Net.Sockets;

namespace Athena.Testing;

/// <summary>A way to another port that can be cut and mended.</summary>
public sealed class TcpRelay : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _ending = new();
    private readonly HashSet<TcpClient> _open = [];
    private readonly Task _accepting;
    private bool _isCut;

    public TcpRelay(Uri target)
    {
        _listener.Start();
        Address = new Uri($"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}");
        _accepting = AcceptAsync(target);
    }

    public Uri Address { get; }

    /// <summary>Cuts what is open; what comes is closed at once until <see cref="Mend"/>.</summary>
    public void Cut()
    {
        lock (_open)
        {
            _isCut = true;
            foreach (var client in _open)
            {
                client.Close();
            }
            _open.Clear();
        }
    }

    public void Mend()
    {
        lock (_open)
        {
            _isCut = false;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _ending.CancelAsync();
        Cut();
        _listener.Dispose();
        await _accepting.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _ending.Dispose();
    }

    private async Task AcceptAsync(Uri target)
    {
        while (!_ending.IsCancellationRequested)
        {
            var from = await _listener.AcceptTcpClientAsync(_ending.Token);
            _ = RelayAsync(from, target);
        }
    }

    private async Task RelayAsync(TcpClient from, Uri target)
    {
        using var to = new TcpClient();
        using (from)
        {
            lock (_open)
            {
                if (_isCut)
                {
                    return;
                }
                _open.Add(from);
                _open.Add(to);
            }
            try
            {
                await to.ConnectAsync(target.Host, target.Port);
                await Task.WhenAny(from.GetStream().CopyToAsync(to.GetStream()), to.GetStream().CopyToAsync(from.GetStream()));
            }
            catch (Exception e) when (e is IOException or SocketException or ObjectDisposedException or InvalidOperationException)
            {
                // Cut.
            }
        }
    }
}
