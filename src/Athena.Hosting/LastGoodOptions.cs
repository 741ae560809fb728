using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Primitives;

namespace Athena.Hosting;

/// <summary>Options that follow the configuration, and stay as they were when it is changed for the worse.</summary>
/// <remarks>The framework's monitor throws on every read from then on, and into whatever reloaded the configuration.</remarks>
/// <typeparam name="T">The options.</typeparam>
public sealed partial class LastGoodOptions<T> : IDisposable
    where T : class
{
    private readonly IOptionsFactory<T> _factory;
    private readonly ILogger<LastGoodOptions<T>> _logger;
    private readonly IDisposable _subscription;
    private volatile T _current;

    /// <exception cref="OptionsValidationException">The configuration is bad from the start.</exception>
    public LastGoodOptions(IOptionsFactory<T> factory, IConfiguration configuration, ILogger<LastGoodOptions<T>> logger)
    {
        (_factory, _logger) = (factory, logger);
        _current = factory.Create(Options.DefaultName);
        _subscription = ChangeToken.OnChange(configuration.GetReloadToken, Reload);
    }

    /// <summary>Raised after a good change.</summary>
    public event Action? Changed;

    /// <summary>The last good ones.</summary>
    public T Current => _current;

    /// <inheritdoc/>
    public void Dispose() => _subscription.Dispose();

    private void Reload()
    {
        try
        {
            _current = _factory.Create(Options.DefaultName);
        }
        catch (Exception e) when (e is OptionsValidationException or InvalidOperationException)
        {
            LogRefused(BinderFault.Is(e) ? BinderFault.Of(e) : e.Message);
            return;
        }
        Changed?.Invoke();
    }

    [LoggerMessage(6001, LogLevel.Error, "The changed configuration is refused, the last good one stays: {Faults}")]
    private partial void LogRefused(string faults);
}
