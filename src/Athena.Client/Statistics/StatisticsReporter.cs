using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Athena.Client.Statistics;

/// <summary>Pushes this process's numbers to the service as long as the host runs. A service that is away is tried again with the next report.</summary>
internal sealed partial class StatisticsReporter(AthenaClient client, IOptions<ReporterOptions> options, TimeProvider time, ILogger<StatisticsReporter> logger) : BackgroundService
{
    private const double LargestNumber = 1e18;

    private bool _failing;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            await ReportAsync(stoppingToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // As it should: a host whose start is called off would log it as a fault.
        }
    }

    private async Task ReportAsync(CancellationToken stopping)
    {
        using var process = options.Value.ProcessNumbers ? new ProcessNumbers(time) : null;
        // Reporters that start together do not stay together.
        await Task.Delay(options.Value.Interval * Random.Shared.NextDouble(), time, stopping).ConfigureAwait(false);
        using var timer = new PeriodicTimer(options.Value.Interval, time);
        do
        {
            await ReportAsync(Collect(process), stopping).ConfigureAwait(false);
        }
        while (await timer.WaitForNextTickAsync(stopping).ConfigureAwait(false));
    }

    private Dictionary<string, double> Collect(ProcessNumbers? process)
    {
        var numbers = new Dictionary<string, double>(process?.Read() ?? [], StringComparer.Ordinal);
        foreach (var (name, read) in options.Value.Numbers)
        {
            try
            {
                if (read() is >= 0 and <= LargestNumber and var value)
                {
                    numbers[name] = value + 0.0;
                }
            }
            catch (Exception e)
            {
                LogNumberFailed(e, name);
            }
        }
        return numbers;
    }

    private async Task ReportAsync(Dictionary<string, double> numbers, CancellationToken cancellation)
    {
        try
        {
            await client.UpdateStatsAsync(options.Value.Server, numbers, cancellation).ConfigureAwait(false);
            if (_failing)
            {
                LogTakenAgain(options.Value.Server);
            }
            _failing = false;
        }
        catch (AthenaException e) when (!cancellation.IsCancellationRequested)
        {
            if (!_failing)
            {
                LogNotTaken(options.Value.Server, e.StatusCode, e.Message);
            }
            _failing = true;
        }
    }

    [LoggerMessage(5101, LogLevel.Warning, "The report of {Server} was not taken ({Status}: {Message}); trying again with each report")]
    private partial void LogNotTaken(string server, Grpc.Core.StatusCode status, string message);

    [LoggerMessage(5102, LogLevel.Information, "Reports of {Server} are taken again")]
    private partial void LogTakenAgain(string server);

    [LoggerMessage(5103, LogLevel.Warning, "The number {Name} could not be read and is left out")]
    private partial void LogNumberFailed(Exception e, string name);
}
