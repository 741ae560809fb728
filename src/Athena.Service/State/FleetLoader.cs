using Athena.Engine.Farms;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Primitives;

namespace Athena.Service.State;

/// <summary>Puts the configured fleet in force at start, and again whenever the configuration changes. A bad one is refused as a whole.</summary>
internal sealed partial class FleetLoader(IConfiguration configuration, FleetValidator validator, FleetWriter writer, SteeringInForce steering, ILogger<FleetLoader> logger) : IHostedService, IDisposable
{
    private readonly SemaphoreSlim _reloading = new(1, 1);
    private IDisposable? _subscription;

    /// <exception cref="OptionsValidationException">The configuration is bad; the message names every fault by path.</exception>
    /// <exception cref="IOException">The store cannot be read, or not be trusted.</exception>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        var (fleet, signing, faults) = Read();
        if (faults.Count > 0)
        {
            throw new OptionsValidationException("Athena", typeof(FleetDefinition), faults.Select(f => $"{f.Path}: {f.Message}"));
        }
        steering.Put(signing);
        try
        {
            await writer.StartAsync(fleet, cancellationToken);
        }
        catch (StoreUnavailableException e)
        {
            throw new IOException($"the store cannot be read: {e.Message}. The service does not begin from nothing; start it again when the store is back (docs/operations.md)");
        }
        LogLoaded(writer.Current.Farms.Count, writer.Current.Servers.Count, writer.Current.Revision);
        WarnOfKeysWithoutFarm(signing);
        _subscription = ChangeToken.OnChange(configuration.GetReloadToken, () => _ = ReloadAsync());
    }

    public Task StopAsync(CancellationToken cancellationToken)
    {
        _subscription?.Dispose();
        return Task.CompletedTask;
    }

    public void Dispose()
    {
        _subscription?.Dispose();
        _reloading.Dispose();
    }

    private async Task ReloadAsync()
    {
        await _reloading.WaitAsync();
        try
        {
            var (fleet, signing, faults) = Read();
            if (faults.Count > 0)
            {
                LogRefused(faults.Count, string.Join(Environment.NewLine, faults.Select(f => $"  {f.Path}: {f.Message}")));
                return;
            }
            // Keys first: a retired one is refused even when the store keeps the rest from being put in force.
            steering.Put(signing);
            await writer.ApplyAsync(fleet, CancellationToken.None);
            LogLoaded(writer.Current.Farms.Count, writer.Current.Servers.Count, writer.Current.Revision);
            WarnOfKeysWithoutFarm(signing);
        }
        catch (Exception e)
        {
            LogReloadFailed(e);
        }
        finally
        {
            _reloading.Release();
        }
    }

    private (FleetDefinition Fleet, SteeringConfiguration Steering, IReadOnlyList<FleetFault> Faults) Read()
    {
        var (fleet, faults) = FleetConfiguration.Read(configuration, validator);
        var (signing, more) = FleetConfiguration.ReadSteering(configuration, validator);
        return (fleet, signing, [.. faults, .. more]);
    }

    /// <summary>No fault: the farm may be made later.</summary>
    private void WarnOfKeysWithoutFarm(SteeringConfiguration signing)
    {
        foreach (var key in signing.Settings.Keys)
        {
            foreach (var farm in key.Farms.Where(f => writer.Current.FindFarm(f) is null))
            {
                LogKeyWithoutFarm(key.Id, farm);
            }
        }
    }

    [LoggerMessage(1001, LogLevel.Information, "{Farms} farms and {Servers} servers are in force at revision {Revision}")]
    private partial void LogLoaded(int farms, int servers, long revision);

    [LoggerMessage(1002, LogLevel.Error, "The changed configuration has {Count} faults and is refused as a whole; the last good one stays:\n{Faults}")]
    private partial void LogRefused(int count, string faults);

    [LoggerMessage(1003, LogLevel.Error, "The changed configuration could not be put in force; the last good one stays")]
    private partial void LogReloadFailed(Exception e);

    [LoggerMessage(1011, LogLevel.Warning, "Steering key {Key} is for farm {Farm}, which there is not")]
    private partial void LogKeyWithoutFarm(string key, string farm);
}
