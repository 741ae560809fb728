using System.Globalization;
using Athena.LoadBench.Load;

namespace Athena.LoadBench.Proxying;

/// <summary>The gateway, its peers and plain YARP in front of the same servers, in turns: what a request costs, and how long the slowest take.</summary>
internal static class ProxyBench
{
    public const string FastVerb = "gateway";
    public const string UnequalVerb = "unequal";

    private static readonly string[] Tools = ["wrk", "nginx", "haproxy", "apache2"];

    /// <summary>Where a proxy loses speed for its first seconds until its code is compiled for good.</summary>
    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(8);

    public static async Task<int> RunAsync(string verb, ProxyOptions options)
    {
        if (LoadTool.Missing(Tools) is { } missing)
        {
            await Console.Error.WriteLineAsync($"{missing} is not installed; wrk, nginx, haproxy and apache2 are needed on the PATH");
            return 2;
        }
        await using var field = verb == FastVerb ? await ProxyField.WithFastServersAsync(options) : await ProxyField.WithUnequalServersAsync(options);
        using var http = new HttpClient();
        foreach (var proxy in field.Proxies)
        {
            var text = await AnswerAsync(http, proxy.Url);
            await Console.Error.WriteLineAsync($"{proxy.Name} answers {text.Length} bytes; warming up");
            await LoadTool.WrkAsync(proxy.Url, WarmUp, header: proxy.Header);
        }
        foreach (var load in verb == FastVerb ? options.Connections.Select(Closed) : [Closed(64), Open(1100.0 / options.Slower), Open(1700.0 / options.Slower)])
        {
            var table = new ProxyTable(load.Name, field.Proxies);
            for (var round = 0; round < options.Rounds; round++)
            {
                foreach (var proxy in round % 2 == 0 ? field.Proxies : field.Proxies.Reverse())
                {
                    table.Add(proxy, round, await MeasureAsync(http, proxy, duration => load.RunAsync(proxy, duration, round), options.Duration));
                }
            }
            Console.WriteLine(table.ToString());
        }
        return 0;
    }

    private static (string Name, Func<Proxy, TimeSpan, int, Task<LoadResult>> RunAsync) Closed(int connections) =>
        (string.Create(CultureInfo.InvariantCulture, $"{connections} connections"), (proxy, duration, _) => LoadTool.WrkAsync(proxy.Url, duration, connections, proxy.Header));

    private static (string Name, Func<Proxy, TimeSpan, int, Task<LoadResult>> RunAsync) Open(double perSecond) =>
        (string.Create(CultureInfo.InvariantCulture, $"open load of {perSecond} requests a second"), (proxy, duration, round) => OpenLoop.RunAsync(proxy.Url, perSecond, duration, round));

    /// <summary>A gateway answers 503 until it was told of the fleet.</summary>
    private static async Task<string> AnswerAsync(HttpClient http, string url)
    {
        for (var attempt = 0; ; attempt++)
        {
            using var response = await http.GetAsync(new Uri(url));
            if (response.IsSuccessStatusCode)
            {
                return await response.Content.ReadAsStringAsync();
            }
            if (attempt == 100)
            {
                throw new InvalidOperationException($"{url} answers {(int)response.StatusCode}");
            }
            await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System);
        }
    }

    private static async Task<ProxySample> MeasureAsync(HttpClient http, Proxy proxy, Func<TimeSpan, Task<LoadResult>> load, TimeSpan duration)
    {
        var allocated = await proxy.AllocatedAsync(http);
        var (used, helper) = (proxy.ProcessorTime, proxy.Helper?.ProcessorTime);
        var result = await load(duration);
        (used, helper) = (proxy.ProcessorTime - used, proxy.Helper?.ProcessorTime - helper);
        return new ProxySample(result.PerSecond, result.P99, used.TotalMicroseconds / result.Requests, (helper?.TotalMicroseconds ?? 0) / result.Requests,
            (await proxy.AllocatedAsync(http) - allocated) / result.Requests);
    }
}
