using Athena.Service.State;

namespace Athena.Service.Health;

/// <summary>Gives members that start slowly their growing weights, about each second.</summary>
internal sealed class SlowStarts(FleetWriter writer, TimeProvider time) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            await writer.RefreshWeightsAsync(stoppingToken);
        }
    }
}
