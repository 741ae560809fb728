using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;

namespace Athena.LoadBench.Load;

/// <summary>Requests answered as they should be, and how many a second.</summary>
/// <param name="Requests">How many were answered.</param>
/// <param name="PerSecond">How many a second.</param>
/// <param name="P99">Time that 99 of 100 took at most, in milliseconds; 0: not measured.</param>
internal readonly record struct LoadResult(long Requests, double PerSecond, double P99 = 0);

/// <summary>Runs wrk and h2load, each bounded in time, and reads what they print.</summary>
internal static partial class LoadTool
{
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(15);

    /// <summary>The first tool that is not on the PATH; null when all are.</summary>
    public static string? Missing(params string[] tools) => Array.Find(tools, tool =>
        !(Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).Any(folder => File.Exists(Path.Combine(folder, tool))));

    /// <summary>GET over HTTP/1.1, from one thread, each connection asking again when it is answered.</summary>
    public static async Task<LoadResult> WrkAsync(string url, TimeSpan duration, int connections = 64, string? header = null)
    {
        string[] headers = header is null ? [] : ["-H", header];
        var output = await RunAsync("wrk", duration, ["-t1", $"-c{connections.ToString(CultureInfo.InvariantCulture)}", "--latency", $"-d{Seconds(duration)}s", .. headers, url]);
        var p99 = WrkP99().Match(output);
        return !p99.Success || output.Contains("Non-2xx", StringComparison.Ordinal) || output.Contains("Socket errors", StringComparison.Ordinal)
            ? throw new InvalidOperationException($"{url} was not answered well:\n{output}")
            : new LoadResult((long)Number(WrkRequests(), output), Number(WrkRate(), output), Number(WrkP99(), output) * p99.Groups[2].Value switch { "us" => 0.001, "ms" => 1, _ => 1000 });
    }

    /// <summary>Unary calls over HTTP/2: 8 connections of 32 streams.</summary>
    public static async Task<LoadResult> H2loadAsync(string url, string bodyFile, TimeSpan duration)
    {
        var output = await RunAsync("h2load", duration, "-t1", "-c8", "-m32", "-D", Seconds(duration), "-d", bodyFile,
            "-H", "content-type: application/grpc", "-H", "te: trailers", url);
        return Number(H2loadFailed(), output) > 0
            ? throw new InvalidOperationException($"{url} was not answered well:\n{output}")
            : new LoadResult((long)Number(H2loadSucceeded(), output), Number(H2loadRate(), output));
    }

    private static async Task<string> RunAsync(string tool, TimeSpan duration, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(tool, arguments) { RedirectStandardOutput = true })!;
        using var limit = new CancellationTokenSource(duration + Grace, TimeProvider.System);
        try
        {
            var output = await process.StandardOutput.ReadToEndAsync(limit.Token);
            await process.WaitForExitAsync(limit.Token);
            return process.ExitCode == 0 ? output : throw new InvalidOperationException($"{tool} failed with {process.ExitCode}:\n{output}");
        }
        catch (OperationCanceledException)
        {
            process.Kill();
            throw new TimeoutException($"{tool} did not end within {duration + Grace}");
        }
    }

    private static string Seconds(TimeSpan duration) => ((int)duration.TotalSeconds).ToString(CultureInfo.InvariantCulture);

    private static double Number(Regex regex, string output) => regex.Match(output) is { Success: true } match
        ? double.Parse(match.Groups[1].ValueSpan, CultureInfo.InvariantCulture)
        : throw new FormatException($"no '{regex}' in:\n{output}");

    [GeneratedRegex(@"(\d+) requests in ")]
    private static partial Regex WrkRequests();

    [GeneratedRegex(@"Requests/sec:\s+([\d.]+)")]
    private static partial Regex WrkRate();

    [GeneratedRegex(@"99%\s+([\d.]+)(us|ms|s)")]
    private static partial Regex WrkP99();

    [GeneratedRegex(@"requests: .* (\d+) succeeded")]
    private static partial Regex H2loadSucceeded();

    [GeneratedRegex(@"requests: .* (\d+) failed")]
    private static partial Regex H2loadFailed();

    [GeneratedRegex(@"finished in [\d.]+m?s, ([\d.]+) req/s")]
    private static partial Regex H2loadRate();
}
