namespace Athena.Testing;

/// <summary>A server of a farm as a process of its own, that can be killed or stopped: the demo's sample server, which names itself in `X-Served-By` and takes 20 ms for a request.</summary>
public sealed class ServerProcess : IAsyncDisposable
{
    private ServerProcess(string name, ChildProcess process, Uri address) => (Name, Process, Address) = (name, process, address);

    public string Name { get; }

    public ChildProcess Process { get; }

    public Uri Address { get; }

    public static async Task<ServerProcess> StartAsync(string name)
    {
        // It reports to nobody.
        var process = ChildProcess.Start("Demo", "server", $"--Name={name}", "--Workers=100", "--Athena=http://127.0.0.1:1", "--urls=http://127.0.0.1:0", "--Logging:LogLevel:Microsoft.Hosting.Lifetime=Information");
        try
        {
            return new ServerProcess(name, process, (await process.AddressesAsync(1))[0]);
        }
        catch
        {
            await process.DisposeAsync();
            throw;
        }
    }

    public ValueTask DisposeAsync() => Process.DisposeAsync();
}
