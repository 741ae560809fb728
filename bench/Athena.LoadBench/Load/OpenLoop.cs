using System.Diagnostics;

namespace Athena.LoadBench.Load;

/// <summary>Requests that come when they come (Poisson), not when the one before was answered; the time of each counts from when it was due.</summary>
internal static class OpenLoop
{
    public static async Task<LoadResult> RunAsync(string url, double perSecond, TimeSpan duration, int seed)
    {
        using var http = new HttpMessageInvoker(new SocketsHttpHandler { MaxConnectionsPerServer = 2000, UseProxy = false, ActivityHeadersPropagator = null });
        var random = new Random(seed);
        var due = new List<double>();
        for (var at = 0.0; at < duration.TotalMilliseconds; at += -Math.Log(1 - random.NextDouble()) * 1000 / perSecond)
        {
            due.Add(at);
        }
        var watch = Stopwatch.StartNew();
        var running = new List<Task<double>>(due.Count);
        foreach (var at in due)
        {
            while (watch.Elapsed.TotalMilliseconds < at)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(1), TimeProvider.System);
            }
            running.Add(AskAsync(http, url, watch, at));
        }
        var took = await Task.WhenAll(running);
        Array.Sort(took);
        return new LoadResult(took.Length, took.Length / watch.Elapsed.TotalSeconds, took[(int)(took.Length * 0.99)]);
    }

    private static async Task<double> AskAsync(HttpMessageInvoker http, string url, Stopwatch watch, double due)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, url);
        using var response = await http.SendAsync(request, default);
        if (!response.IsSuccessStatusCode)
        {
            throw new InvalidOperationException($"{url} answered {(int)response.StatusCode}");
        }
        await response.Content.CopyToAsync(Stream.Null);
        return watch.Elapsed.TotalMilliseconds - due;
    }
}
