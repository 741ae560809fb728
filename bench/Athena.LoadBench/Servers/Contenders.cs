using System.Globalization;
using Athena.LoadBench.Bare;

namespace Athena.LoadBench.Servers;

/// <summary>The service and its bare contenders, started together and ended together.</summary>
internal sealed class Contenders : IAsyncDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("athena-load-");
    private readonly List<ServerProcess> _started = [];

    private Contenders()
    {
    }

    /// <summary>The service; its port is that of HTTP/1.1.</summary>
    public ServerProcess Service { get; private set; } = null!;

    /// <summary>Where the service takes gRPC.</summary>
    public int ServiceGrpcPort { get; private set; }

    /// <summary>Where it takes gRPC on a Unix domain socket.</summary>
    public string ServiceSocket => Path.Combine(_folder.FullName, "athena.sock");

    public ServerProcess Text { get; private set; } = null!;

    public ServerProcess Grpc { get; private set; } = null!;

    /// <summary>File with the body of a unary call.</summary>
    public string BodyFile => Path.Combine(_folder.FullName, "balance.bin");

    public static async Task<Contenders> StartAsync()
    {
        var all = new Contenders();
        try
        {
            await all.StartAllAsync();
            return all;
        }
        catch
        {
            await all.DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var server in _started)
        {
            await server.DisposeAsync();
        }
        _folder.Delete(recursive: true);
    }

    private async Task StartAllAsync()
    {
        var configuration = Path.Combine(_folder.FullName, "farm.json");
        await File.WriteAllTextAsync(configuration, Contest.Configuration);
        await File.WriteAllBytesAsync(BodyFile, Contest.UnaryBody());
        ServiceGrpcPort = ServerProcess.FreePort();
        var http = ServerProcess.FreePort();
        Service = await StartAsync("Athena", http, ServiceAssembly(),
            $"--Config={configuration}", "--Athena:Store:Kind=memory", Endpoint("Grpc", ServiceGrpcPort), $"--Kestrel:Endpoints:Socket:Url=http://unix:{ServiceSocket}", "--Kestrel:Endpoints:Socket:Protocols=Http2", Endpoint("Http", http));
        var self = System.Reflection.Assembly.GetExecutingAssembly().Location;
        (var text, var grpc) = (ServerProcess.FreePort(), ServerProcess.FreePort());
        Text = await StartAsync("bare text", text, self, BareHttp.Verb, PortText(text));
        Grpc = await StartAsync("bare gRPC", grpc, self, BareGrpc.Verb, PortText(grpc));
    }

    private async Task<ServerProcess> StartAsync(string name, int port, string assembly, params string[] arguments)
    {
        var server = await ServerProcess.StartAsync(name, port, _folder.FullName, assembly, arguments);
        _started.Add(server);
        return server;
    }

    public static string ServiceAssembly() => Assembly("Athena.Service");

    /// <summary>A program beside this one in the artifacts folder, built alike (release or debug).</summary>
    public static string Assembly(string name)
    {
        var mine = new DirectoryInfo(AppContext.BaseDirectory);
        var assembly = Path.Combine(mine.Parent!.Parent!.FullName, name, mine.Name, name + ".dll");
        return File.Exists(assembly) ? assembly : throw new FileNotFoundException($"{name} is not built: {assembly}");
    }

    private static string Endpoint(string name, int port) => $"--Kestrel:Endpoints:{name}:Url=http://127.0.0.1:{PortText(port)}";

    private static string PortText(int port) => port.ToString(CultureInfo.InvariantCulture);
}
