using System.Diagnostics.Metrics;
using Athena.Client;
using Athena.V1;

namespace Athena.Gateway.Telemetry;

/// <summary>The meter `Athena.Gateway`; docs/metrics.md has a row for each instrument.</summary>
internal sealed class GatewayMetrics
{
    /// <summary>Name of the meter.</summary>
    public const string MeterName = "Athena.Gateway";

    /// <summary>From a decision made ahead to one that the budget ended.</summary>
    private static readonly InstrumentAdvice<double> Deciding = new() { HistogramBucketBoundaries = [1e-6, 2.5e-6, 5e-6, 1e-5, 2.5e-5, 5e-5, 1e-4, 2.5e-4, 5e-4, 1e-3, 2.5e-3, 5e-3, 0.01, 0.025, 0.05, 0.1, 1] };

    private static readonly InstrumentAdvice<double> Proxying = new() { HistogramBucketBoundaries = [1e-3, 2.5e-3, 5e-3, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60] };

    private readonly Counter<long> _decisions;
    private readonly Histogram<double> _deciding;
    private readonly Histogram<double> _proxying;
    private readonly Counter<long> _retries;
    private readonly Counter<long> _stays;
    private readonly Counter<long> _tokens;

    public GatewayMetrics(IMeterFactory factory, SteadyBalancer balancer)
    {
        var meter = factory.Create(MeterName);
        _decisions = meter.CreateCounter<long>("athena.gateway.decisions", "{decision}", "Decisions asked for, by farm and result.");
        _deciding = meter.CreateHistogram<double>("athena.gateway.decision.duration", "s", "Time from a request to its decision.", null, Deciding);
        _retries = meter.CreateCounter<long>("athena.gateway.retries", "{retry}", "Requests sent to another server because the first did not take them.");
        _stays = meter.CreateCounter<long>("athena.gateway.affinity", "{answer}", "Answers to visitors whom an issued cookie keeps at one server, by what became of it.");
        _tokens = meter.CreateCounter<long>("athena.gateway.steering.tokens", "{token}", "Steering tokens that the gateway judged by itself.");
        meter.CreateObservableGauge("athena.gateway.local", () => balancer.IsLocal ? 1 : 0, "1", "Whether the gateway decides by itself (1) because the service does not answer.");
        meter.CreateObservableGauge("athena.gateway.fleet.revision", () => balancer.FleetRevision, "{revision}", "Revision of the fleet as last told.");
        meter.CreateObservableGauge("athena.gateway.fleet.age", () => balancer.FleetAge.TotalSeconds, "s", "Time since the service last told of the fleet.");
        _proxying = meter.CreateHistogram<double>("athena.gateway.proxying.duration", "s", "Time from a decision to the end of the answer, by farm, server and outcome.", null, Proxying);
    }

    public void Decided(string farm, string result, TimeSpan took)
    {
        _decisions.Add(1, new("farm", farm), new("result", result));
        _deciding.Record(took.TotalSeconds, new KeyValuePair<string, object?>("farm", farm));
    }

    public void Retried(string farm) => _retries.Add(1, new KeyValuePair<string, object?>("farm", farm));

    public void Stayed(string farm, string result) => _stays.Add(1, new("farm", farm), new("result", result));

    public void Steered(string farm, string result) => _tokens.Add(1, new("farm", farm), new("result", result));

    public void Ended(string farm, string server, OutcomeKind outcome, TimeSpan took) =>
        _proxying.Record(took.TotalSeconds, new("farm", farm), new("server", server), new("outcome", NameOf(outcome)));

    private static string NameOf(OutcomeKind outcome) => outcome switch
    {
        OutcomeKind.Success => "success",
        OutcomeKind.ServerError => "server_error",
        OutcomeKind.ConnectFailure => "connect_failure",
        OutcomeKind.Timeout => "timeout",
        _ => "cancelled",
    };
}
