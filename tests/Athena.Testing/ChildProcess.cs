using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.RegularExpressions;

namespace Athena.Testing;

/// <summary>A program of this house as a real process; what it printed is kept for the message of a failing test.</summary>
public sealed partial class ChildProcess : IAsyncDisposable
{
    public const int SigTerm = 15;
    public const int SigKill = 9;
    public const int SigInt = 2;
    public const int SigStop = 19;
    public const int SigCont = 18;

    private readonly Process _process;
    private readonly ConcurrentQueue<string> _output = new();
    private readonly Lock _waiting = new();
    private readonly List<(Func<string, bool> Wanted, TaskCompletionSource<string> Seen)> _waits = [];

    private ChildProcess(Process process) => _process = process;

    public int Id => _process.Id;

    /// <summary>Most bytes of memory it ever had resident.</summary>
    public long PeakMemory
    {
        get
        {
            _process.Refresh();
            return _process.PeakWorkingSet64;
        }
    }

    public bool HasExited => _process.HasExited;

    public string Output => string.Join(Environment.NewLine, _output);

    /// <summary>Starts a project of this solution that was built beside the tests.</summary>
    public static ChildProcess Start(string project, params string[] arguments)
    {
        var (command, first) = CommandOf(project);
        return StartCommand(command, [.. first, .. arguments]);
    }

    /// <summary>How a project of this solution is started. The variable ATHENA_CLI names another command line, published as native code for instance.</summary>
    public static (string Command, string[] Arguments) CommandOf(string project) =>
        project == "Athena.Cli" && Environment.GetEnvironmentVariable("ATHENA_CLI") is { Length: > 0 } published ? (published, []) : ("dotnet", [Path.Combine(DirectoryOf(project), $"{project}.dll")]);

    /// <summary>Where a project of this solution was built to.</summary>
    public static string DirectoryOf(string project)
    {
        var own = new DirectoryInfo(AppContext.BaseDirectory.TrimEnd(Path.DirectorySeparatorChar));
        return Path.Combine(own.Parent!.Parent!.FullName, project, own.Name);
    }

    /// <summary>Starts a .NET program.</summary>
    public static ChildProcess StartProgram(string program, params string[] arguments) => StartCommand("dotnet", [program, .. arguments]);

    /// <summary>Starts any program.</summary>
    public static ChildProcess StartCommand(string command, params string[] arguments)
    {
        var process = new Process
        {
            StartInfo = new ProcessStartInfo(command, arguments)
            {
                RedirectStandardOutput = true,
                RedirectStandardError = true,
                WorkingDirectory = Path.GetTempPath(),
            },
        };
        // The test platform's own settings are not the program's.
        foreach (var name in process.StartInfo.Environment.Keys.Where(k => k.StartsWith("DOTNET_gc", StringComparison.OrdinalIgnoreCase)).ToArray())
        {
            process.StartInfo.Environment.Remove(name);
        }
        process.StartInfo.Environment["DOTNET_gcServer"] = "0";
        var child = new ChildProcess(process);
        process.OutputDataReceived += (_, line) => child.Take(line.Data);
        process.ErrorDataReceived += (_, line) => child.Take(line.Data);
        process.Start();
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        return child;
    }

    /// <summary>The first line, past or coming, that is wanted.</summary>
    public async Task<string> LineAsync(Func<string, bool> wanted)
    {
        var seen = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_waiting)
        {
            if (_output.FirstOrDefault(wanted) is { } past)
            {
                return past;
            }
            _waits.Add((wanted, seen));
        }
        var ended = _process.WaitForExitAsync(Deadline.Token());
        if (await Task.WhenAny(seen.Task, ended) == seen.Task)
        {
            return await seen.Task;
        }
        // What it printed last may still be on its way.
        await Task.WhenAny(seen.Task, Task.Delay(TimeSpan.FromMilliseconds(200)));
        return seen.Task.IsCompleted ? await seen.Task : throw new InvalidOperationException($"The process ended or was silent:\n{Output}");
    }

    /// <summary>The addresses it listens on, in the order of their names in the configuration.</summary>
    public async Task<Uri[]> AddressesAsync(int count)
    {
        await LineAsync(_ => _output.Count(l => Listening().IsMatch(l)) >= count);
        return [.. _output.Select(l => Listening().Match(l)).Where(m => m.Success).Select(m => new Uri(m.Groups[1].Value))];
    }

    public async Task<int> ExitCodeAsync()
    {
        await _process.WaitForExitAsync(Deadline.Token());
        return _process.ExitCode;
    }

    public void Signal(int signal)
    {
        if (SendSignal(_process.Id, signal) != 0)
        {
            throw new InvalidOperationException(string.Create(CultureInfo.InvariantCulture, $"Signal {signal} could not be sent to process {_process.Id}."));
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
            await _process.WaitForExitAsync();
        }
        _process.Dispose();
    }

    private void Take(string? line)
    {
        if (line is null)
        {
            return;
        }
        lock (_waiting)
        {
            _output.Enqueue(line);
            foreach (var wait in _waits.Where(w => w.Wanted(line)).ToArray())
            {
                wait.Seen.TrySetResult(line);
                _waits.Remove(wait);
            }
        }
    }

    [GeneratedRegex("Now listening on: (http\\S+)")]
    private static partial Regex Listening();

    [LibraryImport("libc", EntryPoint = "kill")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int SendSignal(int process, int signal);
}
