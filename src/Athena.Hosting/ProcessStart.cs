using System.Runtime.InteropServices;
using Microsoft.Extensions.Options;

namespace Athena.Hosting;

/// <summary>Runs a process and, when its configuration does not let it start, names every fault instead of a stack trace.</summary>
public static class ProcessStart
{
    /// <returns>The exit code: 0 after an orderly end, also of a start that was called off by a signal; 1 when the configuration has faults.</returns>
    public static async Task<int> RunAsync(string name, Func<Task> run)
    {
        ArgumentNullException.ThrowIfNull(run);
        var isStopped = false;
        // Only looks on: that the process goes on until its end is the host's doing.
        using var terminating = PosixSignalRegistration.Create(PosixSignal.SIGTERM, _ => Volatile.Write(ref isStopped, true));
        using var interrupting = PosixSignalRegistration.Create(PosixSignal.SIGINT, _ => Volatile.Write(ref isStopped, true));
        try
        {
            await run().ConfigureAwait(false);
            return 0;
        }
        catch (OperationCanceledException) when (Volatile.Read(ref isStopped))
        {
            // What was starting was told to stop: nothing is broken.
            return 0;
        }
        catch (Exception e) when (Faults(e) is { Count: > 0 } faults)
        {
            await Console.Error.WriteLineAsync($"{name} cannot start:").ConfigureAwait(false);
            foreach (var fault in faults)
            {
                await Console.Error.WriteLineAsync($"  {fault}").ConfigureAwait(false);
            }
            return 1;
        }
    }

    /// <summary>The faults of an exception that a bad configuration raises; none for any other.</summary>
    private static List<string> Faults(Exception e) => e switch
    {
        OptionsValidationException options => [.. options.Failures],
        AggregateException many when many.InnerExceptions.All(i => Faults(i).Count > 0) => [.. many.InnerExceptions.SelectMany(Faults)],
        _ when BinderFault.Is(e) => [BinderFault.Of(e)],
        // A file that does not parse or is missing; an address that is taken or is none.
        FileNotFoundException or InvalidDataException or IOException or FormatException =>
            [e.InnerException is { } inner && !e.Message.Contains(inner.Message, StringComparison.Ordinal) ? $"{e.Message} {inner.Message}" : e.Message],
        _ => [],
    };
}
