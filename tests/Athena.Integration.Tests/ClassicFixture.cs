using System.Diagnostics;
using System.Net.Sockets;
using System.Text;
using Athena.Testing;

namespace Athena.Integration.Tests;

/// <summary>A service as mod_athena's users had it: farms `farm_one` and `farm_two`, one named `East`, one with nobody, and their engine paths.</summary>
public sealed class ClassicFixture : IAsyncLifetime
{
    public AthenaHost Athena { get; private set; } = null!;

    public static Dictionary<string, object> Fleet(object? classic = null) => new()
    {
        ["EnginePaths"] = new[] { "/ath", "/athena", "/athena_balancer" },
        ["Classic"] = classic ?? new { },
        ["Servers"] = new
        {
            app01 = new { Address = "http://127.0.0.1:9001" },
            app02 = new { Address = "http://127.0.0.1:9002" },
            app03 = new { Address = "http://10.0.0.3" },
            app04 = new { Address = "http://10.0.0.4:8080" },
            app09 = new { Address = "http://127.0.0.1:9009" },
        },
        ["Farms"] = new
        {
            East = new { Members = new { app03 = new { } } },
            farm_one = new { Members = new { app01 = new { Weight = 2 }, app02 = new { } } },
            farm_two = new { Policy = new { Name = "consistent_hash" }, Members = new { app02 = new { Weight = 3 }, app03 = new { } } },
            gone = new { Forward = new { Down = "https://sorry.example/é?a=1&b=2" } },
            nobody = new { },
        },
    };

    public static Task<AthenaHost> StartAsync(object? classic = null) => AthenaHost.StartAsync(Fleet(classic));

    public async ValueTask InitializeAsync() => Athena = await StartAsync(new { Debug = true });

    public ValueTask DisposeAsync() => Athena.DisposeAsync();

    /// <summary>Sends a request line as it stands, as old clients do, and gives all that came back.</summary>
    public static async Task<string> SendRawAsync(AthenaHost athena, byte[] requestLine)
    {
        using var client = new TcpClient();
        await client.ConnectAsync("127.0.0.1", athena.Http.BaseAddress!.Port);
        await using var stream = client.GetStream();
        await stream.WriteAsync(requestLine);
        await stream.WriteAsync(" HTTP/1.1\r\nHost: athena\r\nConnection: close\r\n\r\n"u8.ToArray());
        using var reader = new StreamReader(stream, Encoding.UTF8);
        return await reader.ReadToEndAsync(Deadline.Token());
    }

    /// <summary>The status and the body of <see cref="SendRawAsync"/>.</summary>
    public static async Task<(int Status, string Body)> GetRawAsync(AthenaHost athena, string target)
    {
        var answer = await SendRawAsync(athena, Encoding.Latin1.GetBytes($"GET {target}"));
        return (int.Parse(answer.Split(' ')[1], System.Globalization.CultureInfo.InvariantCulture), answer[(answer.IndexOf("\r\n\r\n", StringComparison.Ordinal) + 4)..]);
    }

    /// <summary>What a program of the machine prints; skips the test where it is not installed, except in CI.</summary>
    public static async Task<string> RunToolAsync(string tool, params string[] arguments)
    {
        var path = Environment.GetEnvironmentVariable("PATH")!.Split(Path.PathSeparator).Select(p => Path.Combine(p, tool)).FirstOrDefault(File.Exists);
        if (path is null)
        {
            Assert.False(Environment.GetEnvironmentVariable("ATHENA_CI") == "1", $"{tool} is not installed");
            Assert.Skip($"{tool} is not installed");
        }
        using var process = Process.Start(new ProcessStartInfo(path, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var errors = process.StandardError.ReadToEndAsync(Deadline.Token());
        var output = await process.StandardOutput.ReadToEndAsync(Deadline.Token());
        await process.WaitForExitAsync(Deadline.Token());
        return process.ExitCode == 0 ? output : $"exit {process.ExitCode}: {output}{await errors}";
    }
}
