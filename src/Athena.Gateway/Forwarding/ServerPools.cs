using System.Collections.Concurrent;

namespace Athena.Gateway.Forwarding;

/// <summary>The pools of all servers that are spoken to leanly, by address.</summary>
internal sealed class ServerPools : IDisposable
{
    /// <summary>As by HttpClient.</summary>
    private static readonly TimeSpan MostIdle = TimeSpan.FromMinutes(1);

    private static readonly TimeSpan MostUnused = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan BetweenSweeps = TimeSpan.FromSeconds(15);

    private readonly ConcurrentDictionary<string, ServerPool?> _pools = new(StringComparer.Ordinal);
    private readonly TimeProvider _time;
    private readonly ITimer _sweeps;

    public ServerPools(TimeProvider time)
    {
        _time = time;
        _sweeps = time.CreateTimer(static pools => ((ServerPools)pools!).Sweep(), this, BetweenSweeps, BetweenSweeps);
    }

    /// <summary>The pool of an address; null: it is not one of a server that speaks clear text.</summary>
    public ServerPool? Of(string address) => _pools.TryGetValue(address, out var known) ? known : _pools.GetOrAdd(address, Make);

    /// <inheritdoc/>
    public void Dispose()
    {
        _sweeps.Dispose();
        foreach (var pool in _pools.Values)
        {
            pool?.Close();
        }
    }

    private ServerPool? Make(string address) =>
        Uri.TryCreate(address, UriKind.Absolute, out var uri) && uri.Scheme == Uri.UriSchemeHttp && uri.Query.Length == 0 && uri.Fragment.Length == 0 && uri.UserInfo.Length == 0
        && PlainTarget.IsPath(uri.AbsolutePath) ? new ServerPool(uri, _time) : null;

    private void Sweep()
    {
        foreach (var (address, pool) in _pools)
        {
            if (pool?.Sweep(MostIdle, MostUnused) == true)
            {
                _pools.TryRemove(new(address, pool));
            }
        }
    }
}
