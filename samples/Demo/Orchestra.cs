using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Text.Json;

namespace Demo;

/// <summary>Starts service, gateway and sample servers, says what to try, and ends all of them with itself.</summary>
internal static class Orchestra
{
    private static readonly (string Name, int Workers, string Zone)[] Servers = [("app01", 8, "a"), ("app02", 4, "a"), ("app03", 2, "b")];
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    public static async Task<int> RunAsync(bool freePorts)
    {
        var ports = freePorts ? FreePorts(7) : [7400, 7401, 7480, 7481, 9001, 9002, 9003];
        var (grpc, http, traffic, management) = (ports[0], ports[1], ports[2], ports[3]);
        var fleet = Path.Combine(Path.GetTempPath(), $"athena-demo-{Environment.ProcessId}.json");
        await File.WriteAllTextAsync(fleet, Fleet(ports[4..]));
        using var stop = new CancellationTokenSource();
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, context => Stop(context, stop));
        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, context => Stop(context, stop));
        await using var children = new Children();
        try
        {
            Console.WriteLine("Athena's demo starts its processes ...");
            children.Start("service", Built("Athena.Service"), $"--Config={fleet}", Url("Grpc", grpc), Url("Http", http));
            await Task.WhenAny(AnsweredAsync([$"http://127.0.0.1:{http}/healthz"], stop.Token), children.FirstEnded);
            for (var i = 0; i < Servers.Length; i++)
            {
                children.Start(Servers[i].Name, typeof(Orchestra).Assembly.Location, "server", $"--Name={Servers[i].Name}", $"--Workers={Text(Servers[i].Workers)}",
                    $"--Athena=http://127.0.0.1:{Text(grpc)}", $"--urls=http://127.0.0.1:{Text(ports[4 + i])}");
            }
            children.Start("gateway", Built("Athena.Gateway"), $"--Gateway:Service:0=http://127.0.0.1:{Text(grpc)}", Url("Traffic", traffic), Url("Management", management),
                "--Gateway:ProxyPass:0:From=/", "--Gateway:ProxyPass:0:To=http://farm_one/",
                // All of it shares one machine: a decision may take longer than it does elsewhere.
                "--Gateway:DecisionTimeout=00:00:02");
            string[] probes = [$"http://127.0.0.1:{management}/readyz", .. ports[4..].Select(p => $"http://127.0.0.1:{p}/healthz")];
            await Task.WhenAny(AnsweredAsync(probes, stop.Token), children.FirstEnded);
            if (!children.FirstEnded.IsCompleted && !stop.IsCancellationRequested)
            {
                Console.WriteLine(WhatToTry(grpc, http, traffic, management));
            }
            await Task.WhenAny(children.FirstEnded, Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, stop.Token));
            if (stop.IsCancellationRequested)
            {
                return 0;
            }
            await Console.Error.WriteLineAsync($"{await children.FirstEnded} ended; the demo ends too. Is one of its ports in use? `dotnet run --project samples/Demo -- --free-ports` takes free ones.");
            return 1;
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            return 0;
        }
        catch (TimeoutException e)
        {
            await Console.Error.WriteLineAsync(e.Message);
            return 1;
        }
        finally
        {
            await children.DisposeAsync();
            File.Delete(fleet);
            Console.WriteLine("All processes of the demo have ended.");
        }
    }

    private static void Stop(PosixSignalContext context, CancellationTokenSource stop)
    {
        context.Cancel = true;
        stop.Cancel();
    }

    private static string Fleet(int[] ports) => JsonSerializer.Serialize(new
    {
        Athena = new
        {
            Store = new { Kind = "memory" },
            Servers = Servers.Zip(ports).ToDictionary(s => s.First.Name, s => new { Address = $"http://127.0.0.1:{s.Second}", ExpectUpdate = "00:00:05", Labels = new { zone = s.First.Zone } }),
            Farms = new Dictionary<string, object>
            {
                ["farm_one"] = new
                {
                    Policy = new { Name = "least_load", Statistic = "load" },
                    Members = Servers.ToDictionary(s => s.Name, _ => new { Weight = 1 }),
                },
                ["farm_two"] = new
                {
                    Policy = new { Name = "round_robin" },
                    Members = Servers.Skip(1).ToDictionary(s => s.Name, _ => new { Weight = 1 }),
                },
            },
        },
    });

    private static string WhatToTry(int grpc, int http, int traffic, int management) => $$"""

        Athena runs: a service, a gateway, and three sample servers of unequal strength in the farm "farm_one", two of them in "farm_two" as well.

          a page through the gateway      http://127.0.0.1:{{traffic}}/
          classic GET                     curl 'http://127.0.0.1:{{http}}/ath/balance/?farm_one'
          JSON                            curl http://127.0.0.1:{{http}}/v1/farms/farm_one:balance
          gRPC                            127.0.0.1:{{grpc}}, athena.v1.BalancerService (reflection is on)
          watch states                    curl -N http://127.0.0.1:{{http}}/v1/health:watch
          statistics of a server          curl http://127.0.0.1:{{http}}/v1/servers/app01/stats
          switch a server off             curl -d '{"state":"ADMIN_STATE_OFF"}' -H 'Content-Type: application/json' \
                                            http://127.0.0.1:{{http}}/v1/servers/app01:setState
          and on again                    the same with ADMIN_STATE_ON
          load                            wrk -c 32 -d 10 http://127.0.0.1:{{traffic}}/
          who got it                      curl -s http://127.0.0.1:{{http}}/metrics | grep athena_decisions
          the gateway's own numbers       curl http://127.0.0.1:{{management}}/metrics

        Ctrl-C ends all of them.
        """;

    private static async Task AnsweredAsync(string[] urls, CancellationToken stop)
    {
        using var client = new HttpClient();
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(stop);
        patience.CancelAfter(Patience);
        foreach (var url in urls)
        {
            while (!await IsGoodAsync(client, url, patience.Token))
            {
                if (patience.IsCancellationRequested && !stop.IsCancellationRequested)
                {
                    throw new TimeoutException($"{url} did not answer within {Patience.TotalSeconds} s; the demo ends.");
                }
                await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System, stop);
            }
        }
    }

    private static async Task<bool> IsGoodAsync(HttpClient client, string url, CancellationToken cancellation)
    {
        try
        {
            using var response = await client.GetAsync(url, cancellation);
            return response.IsSuccessStatusCode;
        }
        catch (Exception e) when (e is HttpRequestException or OperationCanceledException)
        {
            return false;
        }
    }

    /// <summary>A project that was built beside this one.</summary>
    private static string Built(string project)
    {
        var own = new DirectoryInfo(AppContext.BaseDirectory.TrimEnd(Path.DirectorySeparatorChar));
        return Path.Combine(own.Parent!.Parent!.FullName, project, own.Name, $"{project}.dll");
    }

    private static string Url(string endpoint, int port) => $"--Kestrel:Endpoints:{endpoint}:Url=http://127.0.0.1:{Text(port)}";

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);

    private static int[] FreePorts(int count)
    {
        var listeners = Enumerable.Range(0, count).Select(_ => new TcpListener(IPAddress.Loopback, 0)).ToArray();
        Array.ForEach(listeners, l => l.Start());
        var ports = Array.ConvertAll(listeners, l => ((IPEndPoint)l.LocalEndpoint).Port);
        Array.ForEach(listeners, l => l.Dispose());
        return ports;
    }
}
