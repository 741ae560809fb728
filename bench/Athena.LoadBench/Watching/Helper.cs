using System.Diagnostics;
using System.Globalization;
using System.Reflection;
using Athena.LoadBench.Load;

namespace Athena.LoadBench.Watching;

/// <summary>This program once more, as a process that does one part: it takes commands line by line and answers each with a line.</summary>
internal sealed class Helper : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(120);

    private readonly Process _process;

    private Helper(Process process) => _process = process;

    /// <summary>Processor time used so far, user and kernel.</summary>
    public TimeSpan ProcessorTime => ProcessTimes.OfTree(_process.Id);

    /// <summary>Starts it and waits for the line that says it is ready.</summary>
    public static async Task<Helper> StartAsync(string verb, params int[] arguments)
    {
        var start = new ProcessStartInfo("dotnet", [Assembly.GetExecutingAssembly().Location, verb, .. arguments.Select(a => a.ToString(CultureInfo.InvariantCulture))])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        };
        // One that only reads or calls needs no heap for each core.
        start.Environment["DOTNET_gcServer"] = "0";
        var helper = new Helper(Process.Start(start)!);
        try
        {
            await helper.AnswerAsync();
            return helper;
        }
        catch
        {
            await helper.DisposeAsync();
            throw;
        }
    }

    public async Task<string> AskAsync(string command)
    {
        await _process.StandardInput.WriteLineAsync(command);
        await _process.StandardInput.FlushAsync();
        return await AnswerAsync();
    }

    /// <summary>Kills it: one that reads ends when its input does, but may be at work.</summary>
    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
            await _process.WaitForExitAsync();
        }
        _process.Dispose();
    }

    /// <summary>The next line that it prints.</summary>
    public async Task<string> AnswerAsync() =>
        await _process.StandardOutput.ReadLineAsync().WaitAsync(Patience) ?? throw new InvalidOperationException($"{_process.StartInfo.ArgumentList[1]} ended");
}
