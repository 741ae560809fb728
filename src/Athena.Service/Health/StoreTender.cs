using Athena.Service.State;

namespace Athena.Service.Health;

/// <summary>Sees once a second that the store works, and lets it mend itself when it does not.</summary>
internal sealed class StoreTender(FleetWriter writer, TimeProvider time, ILogger<StoreTender> logger) : PeriodicLook(TimeSpan.FromSeconds(1), time, logger)
{
    internal override async Task LookAsync(CancellationToken cancellation)
    {
        try
        {
            await writer.TendStoreAsync(cancellation);
        }
        catch (StoreUnavailableException)
        {
            // The store said so in the log when it failed.
        }
    }
}
