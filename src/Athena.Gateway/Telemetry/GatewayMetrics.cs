using System.Diagnostics.Metrics;
using Athena.Client;
using Athena.V1;

namespace Athena.Gateway.Telemetry;

/// <summary>The meter `Athena.Gateway`; docs/metrics.md has a row for each instrument.</summary>
internal sealed class GatewayMetrics
{
    /// <summary>Name of the meter.</summary>
    public const string MeterName = "Athena.Gateway";

    private readonly Counter<long> _decisions;
    private readonly Histogram<double> _deciding;
    private readonly Histogram<double> _requests;

    private readonly Counter<long> _retries;

    public GatewayMetrics(IMeterFactory factory, SteadyBalancer balancer)
    {
        var meter = factory.Create(MeterName);
    private readonly Counter<long> _stays;
    private readonly Counter<long> _tokens;
        _decisions = meter.CreateCounter<long>("athena.gateway.decisions", "{decision}", "Decisions asked for, by farm and result.");
        _deciding = meter.CreateHistogram<double>("athena.gateway.decision.duration", "s", "Time from a request to its decision.");
        _retries = meter.CreateCounter<long>("athena.gateway.retries", "{retry}", "Requests sent to another server because the first did not take them.");
        meter.CreateObservableGauge("athena.gateway.local", () => balancer.IsLocal ? 1 : 0, "1", "Whether the gateway decides by itself (1) because the service does not answer.");
        meter.CreateObservableGauge("athena.gateway.fleet.revision", () => balancer.FleetRevision, "{revision}", "Revision of the fleet as last told.");
        meter.CreateObservableGauge("athena.gateway.fleet.age", () => balancer.FleetAge.TotalSeconds, "s", "Time since the service last told of the fleet.");
        _requests = meter.CreateHistogram<double>("athena.gateway.request.duration", "s", "Time from a request to its end, decision included, by farm, server and outcome.");
        _stays = meter.CreateCounter<long>("athena.gateway.affinity", "{answer}", "Answers to visitors whom an issued cookie keeps at one server, by what became of it.");
        _tokens = meter.CreateCounter<long>("athena.gateway.steering.tokens", "{token}", "Steering tokens that the gateway judged by itself.");
    }

    public void Decided(string farm, string result, TimeSpan took)
    {
        _decisions.Add(1, new("farm", farm), new("result", result));
        _deciding.Record(took.TotalSeconds, new KeyValuePair<string, object?>("farm", farm));
    }

    public void Retried(string farm) => _retries.Add(1, new KeyValuePair<string, object?>("farm", farm));

    public void Ended(string farm, string server, OutcomeKind outcome, TimeSpan took) =>
        _requests.Record(took.TotalSeconds, new("farm", farm), new("server", server), new("outcome", NameOf(outcome)));

    private static string NameOf(OutcomeKind outcome) => outcome switch
    public void Stayed(string farm, string result) => _stays.Add(1, new("farm", farm), new("result", result));

    public void Steered(string farm, string result) => _tokens.Add(1, new("farm", farm), new("result", result));

    {
        OutcomeKind.Success => "success",
        OutcomeKind.ServerError => "server_error",
        OutcomeKind.ConnectFailure => "connect_failure",
        OutcomeKind.Timeout => "timeout",
        _ => "cancelled",
    };
}
