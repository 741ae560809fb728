using Athena.Engine.Policies;

namespace Athena.Service.Health;

/// <summary>Lets the policies see that time goes by: <see cref="PolicyRefresher"/> at its interval.</summary>
internal sealed class PolicyClock(PolicyRefresher refresher, TimeProvider time, ILogger<PolicyClock> logger) : PeriodicLook(PolicyRefresher.Interval, time, logger)
{
    internal override Task LookAsync(CancellationToken cancellation)
    {
        refresher.Refresh();
        return Task.CompletedTask;
    }
}
