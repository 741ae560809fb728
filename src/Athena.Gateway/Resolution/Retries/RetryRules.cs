using System.Collections.Concurrent;
using Microsoft.Extensions.Options;
using Yarp.ReverseProxy.Forwarder;

namespace Athena.Gateway.Resolution.Retries;

/// <summary>Whether a request that failed may go to another server: never one that may have had an effect, and only so many.</summary>
internal sealed class RetryRules(IOptions<GatewayOptions> options, TimeProvider time)
{
    private readonly RetryOptions _options = options.Value.Retries;
    private readonly ConcurrentDictionary<string, RetryBudget> _budgets = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>The budget of a farm, with one more request counted.</summary>
    public RetryBudget Earned(string farm)
    {
        // Farms come from the configuration, not from requests: they are few.
        var budget = _budgets.TryGetValue(farm, out var known) ? known : _budgets.GetOrAdd(farm, _ => new RetryBudget(_options, time));
        budget.Earn();
        return budget;
    }

    /// <summary>Watches a body, if a retry may want to know about it.</summary>
    public UntouchedBody? Watch(HttpContext context) => _options.Most > 0 ? UntouchedBody.Watch(context) : null;

    /// <summary>Whether to try once more after so many retries; takes it from the budget.</summary>
    public bool Allow(HttpContext context, UntouchedBody? body, int retries, RetryBudget budget) =>
        retries < _options.Most && context.GetForwarderErrorFeature() is { Error: ForwarderError.Request or ForwarderError.RequestTimedOut } error
        && !context.Response.HasStarted && !context.RequestAborted.IsCancellationRequested
        && body?.IsUntouched != false && (Outcomes.IsConnectFailure(error.Exception) || (error.Error == ForwarderError.Request && IsSafe(context.Request.Method)))
        && budget.TrySpend();

    /// <summary>Methods that change nothing, whoever serves them (RFC 9110, 9.2.1). PUT and DELETE may have had their effect.</summary>
    private static bool IsSafe(string method) => HttpMethods.IsGet(method) || HttpMethods.IsHead(method) || HttpMethods.IsOptions(method);
}
