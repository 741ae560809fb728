using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Demo;

/// <summary>Processes that end with this one: asked first, then ended.</summary>
internal sealed partial class Children : IAsyncDisposable
{
    private const int SigTerm = 15;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private readonly List<Process> _processes = [];
    private readonly TaskCompletionSource<string> _firstEnded = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>The name of the first that ended.</summary>
    public Task<string> FirstEnded => _firstEnded.Task;

    /// <summary>Starts a .NET program; what it prints appears with its name before it.</summary>
    public void Start(string name, string program, params string[] arguments)
    {
        var process = new Process
        {
            StartInfo = new ProcessStartInfo(Environment.ProcessPath is { } host && Path.GetFileNameWithoutExtension(host) == "dotnet" ? host : "dotnet", [program, .. arguments])
            {
                RedirectStandardOutput = true,
                RedirectStandardError = true,
                // Not the folder of the caller, whose appsettings.json is not meant for these.
                WorkingDirectory = AppContext.BaseDirectory,
            },
            EnableRaisingEvents = true,
        };
        process.StartInfo.Environment["Logging__LogLevel__Default"] = "Warning";
        process.OutputDataReceived += (_, line) => Print(name, line.Data);
        process.ErrorDataReceived += (_, line) => Print(name, line.Data);
        process.Exited += (_, _) => _firstEnded.TrySetResult(name);
        process.Start();
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        _processes.Add(process);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var process in _processes.Where(p => !p.HasExited))
        {
            if (OperatingSystem.IsWindows() || SendSignal(process.Id, SigTerm) != 0)
            {
                process.Kill();
            }
        }
        using var patience = new CancellationTokenSource(Patience);
        foreach (var process in _processes)
        {
            await process.WaitForExitAsync(patience.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (!process.HasExited)
            {
                process.Kill();
            }
            process.Dispose();
        }
        _processes.Clear();
    }

    private static void Print(string name, string? line)
    {
        if (!string.IsNullOrEmpty(line))
        {
            Console.WriteLine($"[{name}] {line}");
        }
    }

    [LibraryImport("libc", EntryPoint = "kill")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int SendSignal(int process, int signal);
}
