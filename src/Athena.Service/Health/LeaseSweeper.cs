using Athena.Engine.Leases;

namespace Athena.Service.Health;

/// <summary>Ends leases whose outcome never came.</summary>
internal sealed class LeaseSweeper(LeaseTable leases, TimeProvider time, ILogger<LeaseSweeper> logger) : PeriodicLook(Interval, time, logger)
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(250);

    internal override Task LookAsync(CancellationToken cancellation)
    {
        leases.Sweep();
        return Task.CompletedTask;
    }
}
