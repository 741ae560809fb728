using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Athena.LoadBench.Load;

namespace Athena.LoadBench.Servers;

/// <summary>A server of this run, in a process of its own that ends with it.</summary>
internal sealed class ServerProcess : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private readonly Process _process;

    private ServerProcess(string name, int port, Process process) => (Name, Port, _process) = (name, port, process);

    public string Name { get; }

    public int Port { get; }

    public string Url => $"http://127.0.0.1:{Port}";

    /// <summary>Processor time used so far, user and kernel, its workers' included.</summary>
    public TimeSpan ProcessorTime => ProcessTimes.OfTree(_process.Id);

    /// <summary>Resident memory, in bytes.</summary>
    public long Memory
    {
        get
        {
            _process.Refresh();
            return _process.WorkingSet64;
        }
    }

    /// <summary>Most memory that ever was resident, in bytes.</summary>
    public long MostMemory
    {
        get
        {
            _process.Refresh();
            return _process.PeakWorkingSet64;
        }
    }

    /// <summary>Starts `dotnet ASSEMBLY ARGUMENTS` and waits until it takes connections.</summary>
    /// <param name="port">The port that the arguments name.</param>
    public static Task<ServerProcess> StartAsync(string name, int port, string folder, string assembly, params string[] arguments) => StartProgramAsync(name, port, folder,
        Environment.ProcessPath is { } self && Path.GetFileNameWithoutExtension(self) == "dotnet" ? self : "dotnet", [assembly, .. arguments]);

    /// <summary>Starts a program that stays in the foreground and waits until it takes connections.</summary>
    /// <param name="port">The port that the arguments, or a file that they name, name.</param>
    public static async Task<ServerProcess> StartProgramAsync(string name, int port, string folder, string program, params string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments) { WorkingDirectory = folder, RedirectStandardOutput = true };
        var process = Process.Start(start)!;
        process.OutputDataReceived += (_, _) => { };
        process.BeginOutputReadLine();
        var server = new ServerProcess(name, port, process);
        try
        {
            await server.WaitAsync();
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    /// <summary>A port that nobody has now.</summary>
    public static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill(entireProcessTree: true);
            await _process.WaitForExitAsync();
        }
        _process.Dispose();
    }

    private async Task WaitAsync()
    {
        var begun = TimeProvider.System.GetTimestamp();
        while (TimeProvider.System.GetElapsedTime(begun) < Patience)
        {
            if (_process.HasExited)
            {
                throw new InvalidOperationException($"{Name} ended at once, with {_process.ExitCode.ToString(CultureInfo.InvariantCulture)}");
            }
            try
            {
                using var client = new TcpClient();
                await client.ConnectAsync(IPAddress.Loopback, Port);
                return;
            }
            catch (SocketException)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System);
            }
        }
        throw new TimeoutException($"{Name} did not listen on port {Port.ToString(CultureInfo.InvariantCulture)} within {Patience}");
    }
}
