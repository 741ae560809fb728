using Athena.Service.State;

namespace Athena.Service.Health;

/// <summary>Gives members that start slowly their growing weights, about each second.</summary>
internal sealed class SlowStarts(FleetWriter writer, TimeProvider time, ILogger<SlowStarts> logger) : PeriodicLook(Interval, time, logger)
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    internal override Task LookAsync(CancellationToken cancellation) => writer.RefreshWeightsAsync(cancellation);
}
