using Athena.Engine.Leases;

namespace Athena.Service.Health;

/// <summary>Ends leases whose outcome never came.</summary>
internal sealed class LeaseSweeper(LeaseTable leases, TimeProvider time) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(250);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            leases.Sweep();
        }
    }
}
