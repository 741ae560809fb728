using System.Diagnostics;
using System.Globalization;

namespace Athena.Testing;

/// <summary>Makes system calls of a running process fail, by strace, until it is disposed.</summary>
public sealed class SyscallFaults : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    private readonly ChildProcess _tracer;
    private readonly bool _isOwn;

    private SyscallFaults(ChildProcess tracer, bool isOwn) => (_tracer, _isOwn) = (tracer, isOwn);

    /// <summary>Whether this machine can do it. In CI it must.</summary>
    public static bool IsPossible
    {
        get
        {
            var found = OperatingSystem.IsLinux() && (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Any(p => File.Exists(Path.Combine(p, "strace")));
            return found || Environment.GetEnvironmentVariable("ATHENA_CI") != "1" ? found : throw new InvalidOperationException("strace is not installed");
        }
    }

    /// <summary>From when this is done, the calls fail.</summary>
    /// <param name="process">The process, with all its threads.</param>
    /// <param name="calls">Names of system calls, with commas.</param>
    /// <param name="fault">As in strace's `inject`, for example `error=EIO` or `error=EIO:when=3+7`.</param>
    public static async Task<SyscallFaults> BeginAsync(ChildProcess process, string calls, string fault)
    {
        var tracer = ChildProcess.StartCommand("strace", "-f", "-p", $"{process.Id}", "-e", $"trace={calls}", "-e", $"inject={calls}:{fault}", "-e", "signal=none");
        await tracer.LineAsync(l => l.Contains("attached", StringComparison.Ordinal));
        return new SyscallFaults(tracer, isOwn: false);
    }

    /// <summary>Starts a project of this solution with the fault from its beginning.</summary>
    public static SyscallFaults Start(string calls, string fault, string project, params string[] arguments) =>
        new(ChildProcess.StartCommand("strace", ["-f", "-qq", "-e", $"trace={calls}", "-e", $"inject={calls}:{fault}", "-e", "signal=none", "-o", "/dev/null",
            "dotnet", Path.Combine(ChildProcess.DirectoryOf(project), $"{project}.dll"), .. arguments]), isOwn: true);

    /// <summary>Whether the process that was started ended before it printed a word.</summary>
    public async Task<bool> DiesAsync(string word)
    {
        var said = _tracer.LineAsync(l => l.Contains(word, StringComparison.Ordinal));
        await Task.WhenAny(said, _tracer.ExitCodeAsync());
        return _tracer.HasExited;
    }

    /// <summary>How many calls were made to fail so far.</summary>
    public int Count => _tracer.Output.Split("(INJECTED)").Length - 1;

    /// <summary>The process goes on, and its calls work again; one that was started here ends.</summary>
    public async ValueTask DisposeAsync()
    {
        if (!_tracer.HasExited)
        {
            if (_isOwn)
            {
                // strace ends with what it started.
                using var child = Process.GetProcessById(int.Parse((await File.ReadAllTextAsync($"/proc/{_tracer.Id}/task/{_tracer.Id}/children")).Split(' ')[0], CultureInfo.InvariantCulture));
                child.Kill();
            }
            else
            {
                _tracer.Signal(ChildProcess.SigInt);
                await Task.WhenAny(_tracer.ExitCodeAsync(), Task.Delay(Patience));
                // It may wait for ever for a thread to stop that has just ended; when it dies the kernel lets go of all of them.
                if (!_tracer.HasExited)
                {
                    _tracer.Signal(ChildProcess.SigKill);
                }
            }
            await _tracer.ExitCodeAsync();
        }
        await _tracer.DisposeAsync();
    }
}
