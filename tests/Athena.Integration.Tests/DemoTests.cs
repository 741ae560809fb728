using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text.RegularExpressions;
using Athena.Testing;

namespace Athena.Integration.Tests;

public sealed partial class DemoTests
{
    [Fact]
    public async Task The_demo_runs_all_of_it_and_ends_all_of_it()
    {
        await using var demo = ChildProcess.Start("Demo", "--free-ports");
        await demo.LineAsync(l => l.Contains("Ctrl-C ends all of them", StringComparison.Ordinal));
        Uri Shown(string text) => new(Address().Match(demo.Output.Split('\n').First(l => l.Contains(text, StringComparison.Ordinal))).Value);
        using var page = new HttpClient { BaseAddress = Shown("a page through the gateway") };
        using var service = new HttpClient { BaseAddress = Shown("classic GET") };

        Assert.Matches("<h1>app0[123]</h1>", await page.GetStringAsync("/"));
        Assert.Matches(@"^127\.0\.0\.1:\d+\n$", await service.GetStringAsync("/ath/balance/?farm_one"));

        // The strong one of three unequal servers gets the most, the weak one the least.
        var shares = await LoadAsync(page, requests: 600);
        Assert.True(shares["app01"] > shares["app02"] && shares["app02"] > shares["app03"], string.Join(", ", shares));

        // One that is switched off gets nothing.
        await service.PostAsync("/v1/servers/app01:setState", new StringContent("""{"state":"ADMIN_STATE_OFF"}""", null, "application/json"));
        Assert.DoesNotContain("app01", (await LoadAsync(page, requests: 60)).Keys);

        var children = Children(demo.Id);
        Assert.Equal(5, children.Length);
        demo.Signal(ChildProcess.SigInt);
        Assert.Equal(0, await demo.ExitCodeAsync());
        Assert.All(children, id => Assert.ThrowsAny<ArgumentException>(() => Process.GetProcessById(id)));
    }

    [Fact]
    public async Task A_sample_server_whose_port_is_taken_says_so_in_two_lines()
    {
        using var other = new TcpListener(IPAddress.Loopback, 0);
        other.Start();
        await using var server = ChildProcess.Start("Demo", "server", "--Name=app01", $"--urls=http://{other.LocalEndpoint}");
        Assert.Equal(1, await server.ExitCodeAsync());
        Assert.Collection(server.Output.Split('\n'),
            line => Assert.Equal("The sample server cannot start:", line),
            line => Assert.Contains($"http://{other.LocalEndpoint}: address already in use", line, StringComparison.Ordinal));
    }

    private static async Task<Dictionary<string, int>> LoadAsync(HttpClient page, int requests)
    {
        var served = new Dictionary<string, int>();
        await Parallel.ForEachAsync(Enumerable.Range(0, requests), new ParallelOptions { MaxDegreeOfParallelism = 24 }, async (_, cancellation) =>
        {
            using var response = await page.GetAsync("/", cancellation);
            response.EnsureSuccessStatusCode();
            lock (served)
            {
                var name = response.Headers.GetValues("X-Served-By").Single();
                served[name] = served.GetValueOrDefault(name) + 1;
            }
        });
        return served;
    }

    private static int[] Children(int parent) =>
        [.. Process.GetProcesses().Select(p => p.Id).Where(id => ParentOf(id) == parent)];

    private static int ParentOf(int id)
    {
        try
        {
            return int.Parse(File.ReadAllText($"/proc/{id}/stat").Split(") ")[1].Split(' ')[1], System.Globalization.CultureInfo.InvariantCulture);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return 0;
        }
    }

    [GeneratedRegex(@"http://127\.0\.0\.1:\d+")]
    private static partial Regex Address();
}
