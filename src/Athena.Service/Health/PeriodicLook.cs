namespace Athena.Service.Health;

/// <summary>Looks at something at an interval as long as the service runs; a look that fails is logged, and the next one comes all the same.</summary>
internal abstract partial class PeriodicLook(TimeSpan interval, TimeProvider time, ILogger logger) : BackgroundService
{
    protected TimeProvider Time { get; } = time;

    /// <summary>Looks once.</summary>
    internal abstract Task LookAsync(CancellationToken cancellation);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(interval, Time);
        try
        {
            do
            {
                try
                {
                    await LookAsync(stoppingToken);
                }
                catch (Exception e) when (e is not OperationCanceledException)
                {
                    LogLookFailed(e, GetType().Name);
                }
            }
            while (await timer.WaitForNextTickAsync(stoppingToken));
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // It stops, or the start failed elsewhere: the host would call that a fault of this service.
        }
    }

    [LoggerMessage(2002, LogLevel.Error, "A look of {Service} failed; the next one comes at its time")]
    private partial void LogLookFailed(Exception e, string service);
}
