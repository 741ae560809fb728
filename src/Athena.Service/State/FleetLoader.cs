using Athena.Engine.Farms;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Primitives;

namespace Athena.Service.State;

/// <summary>Puts the configured fleet in force at start, and again whenever the configuration changes. A bad one is refused as a whole.</summary>
internal sealed partial class FleetLoader(IConfiguration configuration, FleetValidator validator, FleetWriter writer, ILogger<FleetLoader> logger) : IHostedService, IDisposable
{
    private readonly SemaphoreSlim _reloading = new(1, 1);
    private IDisposable? _subscription;

    /// <exception cref="OptionsValidationException">The configuration is bad; the message names every fault by path.</exception>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        var (fleet, faults) = FleetConfiguration.Read(configuration, validator);
        if (faults.Count > 0)
        {
            throw new OptionsValidationException("Athena", typeof(FleetDefinition), faults.Select(f => $"{f.Path}: {f.Message}"));
        }
        await writer.StartAsync(fleet, cancellationToken);
        LogLoaded(writer.Current.Farms.Count, writer.Current.Servers.Count, writer.Current.Revision);
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
            var (fleet, faults) = FleetConfiguration.Read(configuration, validator);
            if (faults.Count > 0)
            {
                LogRefused(faults.Count, string.Join(Environment.NewLine, faults.Select(f => $"  {f.Path}: {f.Message}")));
                return;
            }
            if (await writer.ApplyAsync(fleet, CancellationToken.None))
            {
                LogLoaded(writer.Current.Farms.Count, writer.Current.Servers.Count, writer.Current.Revision);
            }
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

    [LoggerMessage(1001, LogLevel.Information, "{Farms} farms and {Servers} servers are in force at revision {Revision}")]
    private partial void LogLoaded(int farms, int servers, long revision);

    [LoggerMessage(1002, LogLevel.Error, "The changed configuration has {Count} faults and is refused as a whole; the last good one stays:\n{Faults}")]
    private partial void LogRefused(int count, string faults);

    [LoggerMessage(1003, LogLevel.Error, "The changed configuration could not be put in force; the last good one stays")]
    private partial void LogReloadFailed(Exception e);
}
