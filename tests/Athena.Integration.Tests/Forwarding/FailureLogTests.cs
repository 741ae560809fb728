using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Text.RegularExpressions;
using Athena.Testing;

namespace Athena.Integration.Tests.Forwarding;

/// <summary>What the gateway's log says of servers that fail.</summary>
public sealed partial class FailureLogTests
{
    private const int Requests = 300;

    /// <summary>GET goes leanly where it may, a POST and a route of YARP's own never.</summary>
    [Theory]
    [InlineData("GET", "/", "true")]
    [InlineData("GET", "/", "false")]
    [InlineData("POST", "/", "true")]
    [InlineData("GET", "/static/", "true")]
    public async Task A_dead_server_under_load_is_a_line_a_second_without_a_stack_trace(string method, string path, string lean)
    {
        var dead = await BreakableBackend.DeadAsync();
        await using var athena = await AthenaHost.StartAsync(new
        {
            Servers = new { dead = new { Address = dead.ToString() } },
            Farms = new { web = new { Members = new { dead = new { } } } },
        });
        var began = Stopwatch.StartNew();
        await using var gateway = await GatewayHost.PassAsync(athena.GrpcAddress, "/", "http://web/", $"--Gateway:Lean={lean}",
            "--ReverseProxy:Routes:s:ClusterId=static", "--ReverseProxy:Routes:s:Match:Path=/static/{**rest}", $"--ReverseProxy:Clusters:static:Destinations:d:Address={dead}");
        await Parallel.ForEachAsync(Enumerable.Range(0, Requests), new ParallelOptions { MaxDegreeOfParallelism = 8 }, async (_, cancellation) =>
        {
            using var request = new HttpRequestMessage(new HttpMethod(method), path);
            using var answer = await gateway.Traffic.SendAsync(request, cancellation);
            Assert.Equal(HttpStatusCode.BadGateway, answer.StatusCode);
        });
        await gateway.Process.LineAsync(l => Line().IsMatch(l));
        gateway.Process.Signal(ChildProcess.SigTerm);
        await gateway.Process.ExitCodeAsync();
        var lines = gateway.Process.Output.Split(Environment.NewLine);
        var failures = lines.Select(l => Line().Match(l)).Where(m => m.Success).ToArray();
        // By its own clock: one at once, and one for each second that has gone by.
        Assert.InRange(failures.Length, 1, 2 + (int)began.Elapsed.TotalSeconds);
        Assert.True(failures.Length + failures.Sum(m => m.Groups["more"].Success ? int.Parse(m.Groups["more"].Value, CultureInfo.InvariantCulture) : 0) <= Requests * 3);
        Assert.All(failures, m => Assert.Equal(path == "/" ? "dead" : dead.ToString(), m.Groups["server"].Value));
        Assert.DoesNotContain(lines, l => l.StartsWith("   at ", StringComparison.Ordinal) || l.Contains("Exception", StringComparison.Ordinal));
    }

    [Fact]
    public async Task YARPs_own_lines_come_back_when_they_are_asked_for()
    {
        await using var house = await House.StartAsync("/", "http://web/", ["--Logging:LogLevel:Yarp.ReverseProxy.Forwarder.HttpForwarder=Warning", "--Gateway:Lean=false"], await Backend.StartAsync("a"));
        await house.Backends[0].DisposeAsync();
        Assert.Equal(HttpStatusCode.BadGateway, (await house.Gateway.Traffic.GetAsync("/")).StatusCode);
        await house.Gateway.Process.LineAsync(l => l.StartsWith("      System.Net.Http.HttpRequestException: ", StringComparison.Ordinal));
    }

    [GeneratedRegex(@"^      A request to (?<server>\S+) failed \(Request\): Connection refused \(127\.0\.0\.1:\d+\)(; so did (?<more>\d+) more since the last line)?$")]
    private static partial Regex Line();
}
