using Athena.Engine.Policies;

namespace Athena.Service.Health;

/// <summary>Lets the policies see that time goes by: <see cref="PolicyRefresher"/> at its interval.</summary>
internal sealed partial class PolicyClock(PolicyRefresher refresher, TimeProvider time, ILogger<PolicyClock> logger) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(PolicyRefresher.Interval, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            try
            {
                refresher.Refresh();
            }
            catch (Exception e) when (e is not OperationCanceledException)
            {
                LogRefreshFailed(e);
            }
        }
    }

    [LoggerMessage(2201, LogLevel.Error, "Refreshing what the policies prepared failed")]
    private partial void LogRefreshFailed(Exception e);
}
