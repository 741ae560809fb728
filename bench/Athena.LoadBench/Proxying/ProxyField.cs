using System.Globalization;
using System.Reflection;
using Athena.LoadBench.Bare;
using Athena.LoadBench.Servers;

namespace Athena.LoadBench.Proxying;

/// <summary>The servers behind, the proxies in front of them and the service, started together and ended together.</summary>
internal sealed class ProxyField : IAsyncDisposable
{
    /// <summary>What a request takes at each of the unequal servers, in milliseconds.</summary>
    private static readonly int[] WorkOfUnequal = [4, 4, 16];

    private static readonly string Self = Assembly.GetExecutingAssembly().Location;

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("athena-proxies-");
    private readonly List<ServerProcess> _started = [];
    private readonly List<Proxy> _proxies = [];

    private ProxyField()
    {
    }

    /// <summary>The proxies; those measured against first.</summary>
    public IReadOnlyList<Proxy> Proxies => _proxies;

    /// <summary>Servers that answer at once, and the farm by `round_robin`.</summary>
    public static Task<ProxyField> WithFastServersAsync(ProxyOptions options) => StartAsync(options, async field =>
    {
        int[] ports = [ServerProcess.FreePort(), ServerProcess.FreePort(), ServerProcess.FreePort()];
        await field.StartNginxAsync("servers", ports[0], Peers.Servers(ports));
        return (ports, "round_robin");
    });

    /// <summary>Servers of which one is four times slower, and the farm by `prequal`. Without httpd, which serves them in turn and would only pile up.</summary>
    public static Task<ProxyField> WithUnequalServersAsync(ProxyOptions options) => StartAsync(options.Only.Count > 0 ? options : options with { Only = ["gateway", "nginx", "haproxy"] }, async field =>
    {
        var ports = new List<int>();
        foreach (var milliseconds in WorkOfUnequal)
        {
            ports.Add(ServerProcess.FreePort());
            await field.StartAsync("server", ports[^1], Self, WorkingServer.Verb, Text(ports[^1]), "4", Text(milliseconds * options.Slower));
        }
        return ([.. ports], "prequal");
    });

    public async ValueTask DisposeAsync()
    {
        foreach (var server in Enumerable.Reverse(_started))
        {
            await server.DisposeAsync();
        }
        _folder.Delete(recursive: true);
    }

    private static async Task<ProxyField> StartAsync(ProxyOptions options, Func<ProxyField, Task<(int[] Ports, string Policy)>> startServers)
    {
        var field = new ProxyField();
        try
        {
            var (ports, policy) = await startServers(field);
            await field.StartProxiesAsync(options, ports, options.Policy.Length > 0 ? options.Policy : policy);
            return field;
        }
        catch
        {
            await field.DisposeAsync();
            throw;
        }
    }

    private async Task StartProxiesAsync(ProxyOptions options, int[] servers, string policy)
    {
        var port = ServerProcess.FreePort();
        var yarp = await StartAsync("plain YARP", port, Self, [BareYarp.Verb, Text(port), .. servers.Select(Address)]);
        _proxies.Add(new Proxy("plain YARP", yarp, AllocatedUrl: yarp.Url + BareYarp.AllocatedPath));
        if (options.Takes("gateway ahead") || options.Takes("gateway batched") || options.TakesPinned)
        {
            await StartGatewaysAsync(options, servers, policy);
        }
        if (options.Takes("nginx least_conn"))
        {
            port = ServerProcess.FreePort();
            _proxies.Add(new Proxy("nginx least_conn", await StartNginxAsync("nginx", port, Peers.NginxLeastConn(port, servers))));
        }
        if (options.Takes("HAProxy leastconn"))
        {
            port = ServerProcess.FreePort();
            var file = Write("haproxy.cfg", Peers.HaproxyLeastConn(port, servers));
            _proxies.Add(new Proxy("HAProxy leastconn", Keep(await ServerProcess.StartProgramAsync("HAProxy", port, _folder.FullName, "haproxy", "-db", "-f", file))));
        }
        if (options.Takes("httpd byrequests"))
        {
            port = ServerProcess.FreePort();
            var file = Write("httpd.conf", Peers.HttpdByRequests(port, servers, _folder.FullName));
            _proxies.Add(new Proxy("httpd byrequests", Keep(await ServerProcess.StartProgramAsync("httpd", port, _folder.FullName, "apache2", "-DFOREGROUND", "-f", file))));
        }
    }

    private async Task StartGatewaysAsync(ProxyOptions options, int[] servers, string policy)
    {
        var (http, socket) = (ServerProcess.FreePort(), Path.Combine(_folder.FullName, "athena.sock"));
        var farm = Write("farm.json", $$"""
            {
              "Athena": {
                "Servers": { {{string.Join(", ", servers.Select((s, i) => $$"""
                    "s{{i}}": { "Address": "{{Address(s)}}" }
                    """))}} },
                "Farms": { "farm": { "Policy": { "Name": "{{policy}}" }, "Members": { {{string.Join(", ", servers.Select((_, i) => $"\"s{i}\": {{}}"))}} } } }
              }
            }
            """);
        var service = await StartAsync("service", http, Contenders.Assembly("Athena.Service"), $"--Config={farm}", "--Athena:Store:Kind=memory",
            $"--Kestrel:Endpoints:Grpc:Url=http://unix:{socket}", $"--Kestrel:Endpoints:Http:Url=http://127.0.0.1:{Text(http)}");
        foreach (var (name, ahead) in new[] { ("gateway ahead", "true"), ("gateway batched", "false") })
        {
            if (options.Takes(name))
            {
                _proxies.Add(await StartGatewayAsync(name, service, socket, $"--Gateway:Ahead={ahead}"));
            }
        }
        if (options.TakesPinned)
        {
            var proxy = await StartGatewayAsync("gateway pinned", service, socket, "--Gateway:Affinity:0:Farm=farm", "--Gateway:Affinity:0:By=issued");
            _proxies.Add(proxy with { Header = $"Cookie: {await FirstCookieAsync(proxy.Url)}" });
        }
    }

    private async Task<Proxy> StartGatewayAsync(string name, ServerProcess service, string socket, params string[] arguments)
    {
        var (port, management) = (ServerProcess.FreePort(), ServerProcess.FreePort());
        var gateway = await StartAsync(name, port, Contenders.Assembly("Athena.Gateway"), [$"--Gateway:Service:0=unix:{socket}", "--Gateway:ProxyPass:0:From=/", "--Gateway:ProxyPass:0:To=http://farm/",
            $"--Kestrel:Endpoints:Traffic:Url=http://127.0.0.1:{Text(port)}", $"--Kestrel:Endpoints:Management:Url=http://127.0.0.1:{Text(management)}", .. arguments]);
        return new Proxy(name, gateway, service, $"http://127.0.0.1:{Text(management)}/metrics");
    }

    /// <summary>The cookie that a visitor gets with the first answer; a gateway answers 503 until it was told of the fleet.</summary>
    private static async Task<string> FirstCookieAsync(string url)
    {
        using var http = new HttpClient();
        for (var attempt = 0; attempt < 100; attempt++)
        {
            using var response = await http.GetAsync(new Uri(url));
            if (response.Headers.TryGetValues("Set-Cookie", out var cookies))
            {
                return cookies.First().Split(';')[0];
            }
            await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System);
        }
        throw new InvalidOperationException($"{url} set no cookie");
    }

    private async Task<ServerProcess> StartNginxAsync(string name, int port, string configuration)
    {
        var folder = _folder.CreateSubdirectory(name).FullName;
        var file = Path.Combine(folder, "nginx.conf");
        await File.WriteAllTextAsync(file, configuration);
        return Keep(await ServerProcess.StartProgramAsync(name, port, folder, "nginx", "-p", folder, "-c", file));
    }

    private async Task<ServerProcess> StartAsync(string name, int port, string assembly, params string[] arguments) =>
        Keep(await ServerProcess.StartAsync(name, port, _folder.FullName, assembly, arguments));

    private ServerProcess Keep(ServerProcess server)
    {
        _started.Add(server);
        return server;
    }

    private string Write(string name, string text)
    {
        var file = Path.Combine(_folder.FullName, name);
        File.WriteAllText(file, text);
        return file;
    }

    private static string Address(int port) => $"http://127.0.0.1:{Text(port)}";

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
