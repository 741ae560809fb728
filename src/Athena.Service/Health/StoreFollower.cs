using Athena.Service.State;

namespace Athena.Service.Health;

/// <summary>Takes up what other services write to the store, as it comes.</summary>
internal sealed class StoreFollower(FleetWriter writer, TimeProvider time, ILogger<StoreFollower> logger) : PeriodicLook(TimeSpan.FromSeconds(1), time, logger)
{
    /// <summary>Ends only when it fails; the next look begins again.</summary>
    internal override Task LookAsync(CancellationToken cancellation) => writer.FollowAsync(cancellation);
}
