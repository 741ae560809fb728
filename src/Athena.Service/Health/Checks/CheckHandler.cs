namespace Athena.Service.Health.Checks;

/// <summary>The one handler of all checks over HTTP: no proxy, no redirects, no cookies; a connection lives for as long as the server answers.</summary>
internal sealed class CheckHandler : IDisposable
{
    private readonly SocketsHttpHandler _handler = new()
    {
        AllowAutoRedirect = false,
        UseCookies = false,
        UseProxy = false,
        ActivityHeadersPropagator = null,
        MaxResponseHeadersLength = 64,
        // An address that now leads elsewhere is asked there before long.
        PooledConnectionLifetime = TimeSpan.FromMinutes(1),
        PooledConnectionIdleTimeout = TimeSpan.FromSeconds(30),
    };

    public CheckHandler() => Client = new HttpClient(_handler, disposeHandler: false) { Timeout = Timeout.InfiniteTimeSpan };

    /// <summary>Sends requests.</summary>
    public HttpClient Client { get; }

    /// <summary>The server's base address with the scheme that the check speaks.</summary>
    public static Uri BaseOf(Uri address) =>
        new UriBuilder(address.Scheme is "https" or "grpcs" ? "https" : "http", address.IdnHost, address.Port).Uri;

    public void Dispose()
    {
        Client.Dispose();
        _handler.Dispose();
    }
}
