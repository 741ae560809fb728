using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;

namespace Athena.Testing;

/// <summary>An etcd cluster of real processes on free ports of this machine.</summary>
public sealed class EtcdCluster : IAsyncDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("athena-etcd-").FullName;
    private readonly ChildProcess?[] _nodes;
    private readonly string[] _data;
    private readonly Uri[] _peers;

    private EtcdCluster(int nodes)
    {
        _nodes = new ChildProcess?[nodes];
        var ports = FreePorts(2 * nodes);
        Members = [.. ports.Take(nodes).Select(p => new Uri($"http://127.0.0.1:{p}"))];
        _peers = [.. ports.Skip(nodes).Select(p => new Uri($"http://127.0.0.1:{p}"))];
        _data = [.. Enumerable.Range(0, nodes).Select(n => Path.Combine(_folder, $"n{n}"))];
    }

    public Uri[] Members { get; }

    /// <summary>As in `Athena:Store:Endpoints`.</summary>
    public string Endpoints => string.Join(',', Members.Select(Text));

    /// <summary>A cluster that answers; null where etcd is not installed. In CI it must be.</summary>
    public static async Task<EtcdCluster?> StartAsync(int nodes = 1)
    {
        if (!IsInstalled)
        {
            return Environment.GetEnvironmentVariable("ATHENA_CI") == "1" ? throw new InvalidOperationException("etcd and etcdctl are not installed") : null;
        }
        var cluster = new EtcdCluster(nodes);
        for (var n = 0; n < nodes; n++)
        {
            cluster.Start(n);
        }
        await cluster.HealthyAsync();
        return cluster;
    }

    public static bool IsInstalled => (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':') is var path && path.Any(p => File.Exists(Path.Combine(p, "etcd"))) && path.Any(p => File.Exists(Path.Combine(p, "etcdctl")));

    public ChildProcess Node(int node) => _nodes[node]!;

    public void Start(int node) => _nodes[node] = ChildProcess.StartCommand("etcd",
        "--name", $"n{node}", "--data-dir", _data[node], "--log-level", "error",
        "--listen-client-urls", Text(Members[node]), "--advertise-client-urls", Text(Members[node]),
        "--listen-peer-urls", Text(_peers[node]), "--initial-advertise-peer-urls", Text(_peers[node]),
        "--initial-cluster", string.Join(',', _peers.Select((p, n) => $"n{n}={Text(p)}")), "--initial-cluster-token", _folder);

    public async Task KillAsync(int node)
    {
        await _nodes[node]!.DisposeAsync();
        _nodes[node] = null;
    }

    /// <summary>Waits until a member answers that the cluster has a leader and commits.</summary>
    public async Task HealthyAsync()
    {
        using var http = new HttpClient { Timeout = TimeSpan.FromSeconds(2) };
        await Deadline.UntilAsync(async () =>
        {
            foreach (var (member, n) in Members.Select((m, n) => (m, n)).Where(m => _nodes[m.n] is not null))
            {
                try
                {
                    if ((await http.GetStringAsync(new Uri(member, "/health"))).Contains("\"true\"", StringComparison.Ordinal))
                    {
                        return true;
                    }
                }
                catch (Exception e) when (e is HttpRequestException or TaskCanceledException)
                {
                }
            }
            return false;
        }, healthy => healthy);
    }

    /// <summary>The node that leads.</summary>
    public async Task<int> LeaderAsync()
    {
        for (var node = 0; node < Members.Length; node++)
        {
            var status = JsonDocument.Parse(await ControlAsync(node, "endpoint", "status", "-w", "json")).RootElement[0].GetProperty("Status");
            if (status.GetProperty("leader").GetUInt64() == status.GetProperty("header").GetProperty("member_id").GetUInt64())
            {
                return node;
            }
        }
        throw new InvalidOperationException("no node leads");
    }

    /// <summary>The present revision.</summary>
    public async Task<long> RevisionAsync() =>
        JsonDocument.Parse(await ControlAsync(0, "endpoint", "status", "-w", "json")).RootElement[0].GetProperty("Status").GetProperty("header").GetProperty("revision").GetInt64();

    /// <summary>Runs etcdctl on one node.</summary>
    public async Task<string> ControlAsync(int node, params string[] arguments)
    {
        var start = new ProcessStartInfo("etcdctl", ["--endpoints", Text(Members[node]), .. arguments]) { RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["ETCDCTL_API"] = "3";
        using var process = Process.Start(start)!;
        var error = process.StandardError.ReadToEndAsync();
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return process.ExitCode == 0 ? output : throw new InvalidOperationException($"etcdctl {string.Join(' ', arguments)}: {await error}");
    }

    public async Task<string> SaveSnapshotAsync()
    {
        var file = Path.Combine(_folder, "snapshot.db");
        await ControlAsync(0, "snapshot", "save", file);
        return file;
    }

    /// <summary>Puts a cluster of one node back to a snapshot.</summary>
    public async Task RestoreAsync(string snapshot)
    {
        await KillAsync(0);
        _data[0] = Path.Combine(_folder, "restored");
        await ControlAsync(0, "snapshot", "restore", snapshot, "--data-dir", _data[0], "--name", "n0", "--initial-cluster", $"n0={Text(_peers[0])}",
            "--initial-advertise-peer-urls", Text(_peers[0]), "--initial-cluster-token", _folder);
        Start(0);
        await HealthyAsync();
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var node in _nodes)
        {
            await (node?.DisposeAsync() ?? ValueTask.CompletedTask);
        }
        Directory.Delete(_folder, recursive: true);
    }

    private static string Text(Uri uri) => uri.GetLeftPart(UriPartial.Authority);

    private static int[] FreePorts(int count)
    {
        var listeners = Enumerable.Range(0, count).Select(_ => new TcpListener(IPAddress.Loopback, 0)).ToArray();
        foreach (var listener in listeners)
        {
            listener.Start();
        }
        var ports = listeners.Select(l => ((IPEndPoint)l.LocalEndpoint).Port).ToArray();
        foreach (var listener in listeners)
        {
            listener.Dispose();
        }
        return ports;
    }
}
