using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging;

namespace Athena.Testing;

/// <summary>A server of a farm: real sockets, counts what it serves, names itself in a header.</summary>
public sealed class Backend : IAsyncDisposable
{
    private readonly WebApplication _app;
    private long _served;

    private Backend(WebApplication app) => _app = app;

    public string Name { get; private init; } = "";

    public Uri Address => new(_app.Urls.First());

    public long Served => Interlocked.Read(ref _served);

    /// <summary>Starts one that answers every path with its name and the path, unless <paramref name="answer"/> says otherwise.</summary>
    public static Task<Backend> StartAsync(string name, Func<HttpContext, Task>? answer = null, Action<KestrelServerLimits>? limits = null, bool http2 = false) => StartAsync(name, _ => { }, answer, limits, http2);

    /// <summary>Starts one with middleware of its own, for HTTP/1.1 or for HTTP/2 in clear text.</summary>
    public static async Task<Backend> StartAsync(string name, Action<WebApplication> use, Func<HttpContext, Task>? answer, Action<KestrelServerLimits>? limits = null, bool http2 = false)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            limits?.Invoke(kestrel.Limits);
            kestrel.ConfigureEndpointDefaults(endpoint => endpoint.Protocols = http2 ? HttpProtocols.Http2 : endpoint.Protocols);
        });
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var app = builder.Build();
        use(app);
        var backend = new Backend(app) { Name = name };
        app.MapFallback("{**path}", async context =>
        {
            Interlocked.Increment(ref backend._served);
            context.Response.Headers["X-Served-By"] = name;
            await (answer?.Invoke(context) ?? context.Response.WriteAsync($"{name} {context.Request.Path}{context.Request.QueryString}"));
        });
        await app.StartAsync();
        return backend;
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();
}
