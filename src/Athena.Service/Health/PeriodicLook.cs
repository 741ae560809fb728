using Athena.Hosting;

namespace Athena.Service.Health;

/// <summary>Looks at something at an interval as long as the service runs; a look that fails is logged, and the next one comes all the same.</summary>
internal abstract partial class PeriodicLook(TimeSpan interval, TimeProvider time, ILogger logger) : HostedLoop
{
    protected TimeProvider Time { get; } = time;

    /// <summary>Looks once.</summary>
    internal abstract Task LookAsync(CancellationToken cancellation);

    protected override async Task RunAsync(CancellationToken stopping)
    {
        using var timer = new PeriodicTimer(interval, Time);
        do
        {
            try
            {
                await LookAsync(stopping);
            }
            catch (Exception e) when (e is not OperationCanceledException || !stopping.IsCancellationRequested)
            {
                LogLookFailed(e, GetType().Name);
            }
        }
        while (await timer.WaitForNextTickAsync(stopping));
    }

    [LoggerMessage(2002, LogLevel.Error, "A look of {Service} failed; the next one comes at its time")]
    private partial void LogLookFailed(Exception e, string service);
}
