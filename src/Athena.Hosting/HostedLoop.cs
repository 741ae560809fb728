using Microsoft.Extensions.Hosting;

namespace Athena.Hosting;

/// <summary>A loop that runs until its host stops: that it is cancelled is its orderly end.</summary>
/// <remarks>
/// A start that fails in another service, or is called off, cancels the loops that run already. To the host a loop that is cancelled before it was told to stop has failed:
/// it would log an error for each beside the one that counts.
/// </remarks>
public abstract class HostedLoop : BackgroundService
{
    /// <summary>Runs until it is cancelled; whatever else it throws stops the host.</summary>
    protected abstract Task RunAsync(CancellationToken stopping);

    /// <inheritdoc/>
    protected sealed override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            await RunAsync(stoppingToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // As it should.
        }
    }
}
