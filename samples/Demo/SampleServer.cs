using System.Globalization;
using System.Net;
using Athena.Hosting;

namespace Demo;

/// <summary>
/// A server of some strength: so many workers, each busy for 20 ms with a request; further requests queue. It reports its load, the requests it
/// has for each worker, and what the client library knows of the process.
/// </summary>
internal static class SampleServer
{
    private static readonly TimeSpan Work = TimeSpan.FromMilliseconds(20);

    public static Task<int> RunAsync(string[] args) => ProcessStart.RunAsync("The sample server", () => ServeAsync(args));

    private static async Task ServeAsync(string[] args)
    {
        var builder = WebApplication.CreateSlimBuilder(args);
        // A start that fails is told by ProcessStart.
        builder.Logging.SetMinimumLevel(LogLevel.Warning).AddFilter("Microsoft.Extensions.Hosting", LogLevel.None);
        var name = builder.Configuration["Name"] ?? throw new InvalidOperationException("give --Name");
        var workers = int.Parse(builder.Configuration["Workers"] ?? "4", CultureInfo.InvariantCulture);
        using var free = new SemaphoreSlim(workers);
        var inside = 0;
        var served = 0L;
        builder.Services.AddAthenaReporter(reporter =>
        {
            reporter.Server = name;
            reporter.Interval = TimeSpan.FromMilliseconds(500);
            reporter.Numbers["load"] = () => (double)Volatile.Read(ref inside) / workers;
            reporter.Numbers["served"] = () => Volatile.Read(ref served);
        });
        builder.Services.AddAthenaClient(client => client.Addresses.Add(builder.Configuration["Athena"] ?? "http://127.0.0.1:7400"));
        var app = builder.Build();
        app.MapGet("/healthz", () => "ok\n");
        app.MapFallback(async (HttpContext context, TimeProvider time) =>
        {
            Interlocked.Increment(ref inside);
            try
            {
                await free.WaitAsync(context.RequestAborted);
                try
                {
                    await Task.Delay(Work, time, context.RequestAborted);
                }
                finally
                {
                    free.Release();
                }
            }
            finally
            {
                Interlocked.Decrement(ref inside);
            }
            context.Response.Headers["X-Served-By"] = name;
            context.Response.ContentType = "text/html; charset=utf-8";
            await context.Response.WriteAsync($"""
                <!doctype html><title>{name}</title>
                <body style="font-family:system-ui;margin:4rem"><h1>{name}</h1><p>One of three sample servers; this one has {workers} workers
                and has served {Interlocked.Increment(ref served)} requests, the last for {WebUtility.HtmlEncode(context.Request.Path)}.</p>

                """);
        });
        await app.RunAsync();
    }
}
