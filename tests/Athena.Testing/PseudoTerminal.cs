using System.Diagnostics;
using System.Globalization;

namespace Athena.Testing;

/// <summary>A program on a terminal of its own, as somebody sits before it: keys go in, the screen is what would be seen. Made by `script` of util-linux.</summary>
public sealed class PseudoTerminal : IAsyncDisposable
{
    private readonly Process _process;
    private readonly TerminalScreen _screen;
    private readonly Task _reading;

    private PseudoTerminal(Process process, int width)
    {
        (_process, _screen) = (process, new TerminalScreen { Width = width });
        _reading = ReadAsync();
    }

    /// <summary>What is missing on this machine; null: nothing.</summary>
    public static string? Missing => new[] { "script", "stty" }.FirstOrDefault(t => !File.Exists(Path.Combine("/usr/bin", t)) && !File.Exists(Path.Combine("/bin", t)));

    /// <summary>Starts a project of this solution on a terminal. Before it the screen shows the terminal's name, after it `ended` and its exit code, and what the terminal's settings are then.</summary>
    public static PseudoTerminal Start(int width, int height, string project, params string[] arguments)
    {
        var (command, first) = ChildProcess.CommandOf(project);
        var line = string.Join(' ', new[] { command }.Concat(first).Concat(arguments).Select(a => $"'{a}'"));
        var shell = string.Create(CultureInfo.InvariantCulture, $"trap : INT; stty cols {width} rows {height}; tty; {line}; echo ended $?; stty -a | tr ';' '\\n' | tr ' ' '\\n' | grep -x -e echo -e icanon -e '-echo' -e '-icanon'; echo over");
        var start = new ProcessStartInfo("script", ["-qefc", shell, "/dev/null"]) { RedirectStandardInput = true, RedirectStandardOutput = true, WorkingDirectory = Path.GetTempPath() };
        start.Environment["TERM"] = "xterm-256color";
        start.Environment["SHELL"] = "/bin/sh";
        start.Environment["DOTNET_gcServer"] = "0";
        start.Environment.Remove("NO_COLOR");
        return new PseudoTerminal(Process.Start(start)!, width);
    }

    /// <summary>The screen, once it is as wanted.</summary>
    public Task<TerminalView> UntilAsync(Func<TerminalView, bool> wanted) => Deadline.UntilAsync(() => Task.FromResult(View()), wanted);

    public TerminalView View()
    {
        lock (_screen)
        {
            return _screen.View();
        }
    }

    /// <summary>Presses keys; \u0003 is Ctrl-C.</summary>
    public async Task TypeAsync(string keys)
    {
        await _process.StandardInput.WriteAsync(keys);
        await _process.StandardInput.FlushAsync();
    }

    /// <summary>Makes the window larger or smaller, as a mouse does.</summary>
    public async Task ResizeAsync(int width, int height)
    {
        var name = (await UntilAsync(v => v.Past.Any(l => l.StartsWith("/dev/", StringComparison.Ordinal)))).Past.First(l => l.StartsWith("/dev/", StringComparison.Ordinal));
        lock (_screen)
        {
            _screen.Width = width;
        }
        using var stty = Process.Start("stty", ["-F", name, "cols", $"{width}", "rows", $"{height}"]);
        await stty.WaitForExitAsync(Deadline.Token());
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill(entireProcessTree: true);
            await _process.WaitForExitAsync();
        }
        await _reading;
        _process.Dispose();
    }

    private async Task ReadAsync()
    {
        var buffer = new char[4096];
        while (await _process.StandardOutput.ReadAsync(buffer) is > 0 and var count)
        {
            lock (_screen)
            {
                _screen.Take(buffer.AsSpan(0, count));
            }
        }
    }
}
