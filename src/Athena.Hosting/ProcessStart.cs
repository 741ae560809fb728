using Microsoft.Extensions.Options;

namespace Athena.Hosting;

/// <summary>Runs a process and, when its configuration does not let it start, names every fault instead of a stack trace.</summary>
public static class ProcessStart
{
    /// <returns>The exit code: 0 after an orderly end, 1 when the configuration has faults.</returns>
    public static async Task<int> RunAsync(string name, Func<Task> run)
    {
        ArgumentNullException.ThrowIfNull(run);
        try
        {
            await run().ConfigureAwait(false);
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
