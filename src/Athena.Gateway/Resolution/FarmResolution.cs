using Athena.Client;
using Athena.Gateway.Routing;
using Athena.Gateway.Telemetry;
using Athena.Hosting;
using Athena.V1;
using Google.Protobuf.WellKnownTypes;
using Yarp.ReverseProxy.Forwarder;
using Yarp.ReverseProxy.Model;

namespace Athena.Gateway.Resolution;

/// <summary>Asks the service for the server of each request to a farm, ahead of YARP's own affinity and balancing, and reports what became of it.</summary>
internal sealed partial class FarmResolution(
    RequestDelegate next, SharedStreamClient service, Destinations destinations, GatewayMetrics metrics,
    TimeProvider time, LastGoodOptions<GatewayOptions> options, ILogger<FarmResolution> logger)
{
    public Task InvokeAsync(HttpContext context)
    {
        var proxy = context.GetReverseProxyFeature();
        return FarmCluster.FarmOf(proxy.Cluster.Config.ClusterId) is { } farm ? ResolveAsync(context, proxy, farm) : next(context);
    }

    private async Task ResolveAsync(HttpContext context, IReverseProxyFeature proxy, string farm)
    {
        var began = time.GetTimestamp();
        BalanceResponse answer;
        try
        {
            answer = await service.BalanceAsync(new BalanceRequest { Farm = farm, Lease = true }, context.RequestAborted);
        }
        catch (AthenaException e)
        {
            metrics.Decided(farm, e.Reason.Length > 0 ? "none" : "unreached", time.GetElapsedTime(began));
            LogUndecided(farm, e);
            await NoServer.AnswerAsync(context, e);
            return;
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            // The visitor went away before the decision came; its lease is given back by the client.
            return;
        }
        metrics.Decided(farm, answer.Forwarded ? "forwarded" : "chosen", time.GetElapsedTime(began));
        var decision = Use(context, proxy, answer);
        try
        {
            await next(context);
        }
        finally
        {
            Report(context, decision, began);
        }
    }

    private FarmDecision Use(HttpContext context, IReverseProxyFeature proxy, BalanceResponse answer)
    {
        var decision = new FarmDecision(answer.Farm, answer.Server, answer.DecisionId, answer.Lease is not null)
        {
            // A URL without a final '/' is asked for as it stands; one with it gets the request's path and query, as any address does.
            FixedUrl = answer.Url.Length > 0 && !answer.Url.EndsWith('/') ? new Uri(answer.Url) : null,
        };
        var (name, address) = answer.Url.Length > 0 ? (answer.Url, answer.Url) : (answer.Server, answer.Address);
        proxy.AvailableDestinations = destinations.Of(name, address);
        context.Features.Set(decision);
        if (options.Current.DebugHeaders)
        {
            var headers = context.Response.Headers;
            headers["Athena-Farm"] = answer.Farm;
            headers["Athena-Server"] = name;
            headers["Athena-Decision"] = answer.DecisionId.ToString(System.Globalization.CultureInfo.InvariantCulture);
        }
        return decision;
    }

    private void Report(HttpContext context, FarmDecision decision, long began)
    {
        var latency = time.GetElapsedTime(began);
        var kind = KindOf(context);
        metrics.Ended(decision.Farm, decision.Server, kind, latency);
        if (decision.HasLease)
        {
            service.Report(new Outcome { DecisionId = decision.DecisionId, Kind = kind, Latency = Duration.FromTimeSpan(latency) });
        }
    }

    private static OutcomeKind KindOf(HttpContext context)
    {
        if (context.GetForwarderErrorFeature() is { } error)
        {
            return error.Error switch
            {
                ForwarderError.RequestTimedOut => OutcomeKind.Timeout,
                ForwarderError.Request => OutcomeKind.ConnectFailure,
                ForwarderError.RequestCanceled or ForwarderError.RequestBodyCanceled or ForwarderError.ResponseBodyCanceled
                    or ForwarderError.UpgradeRequestCanceled or ForwarderError.UpgradeResponseCanceled
                    or ForwarderError.RequestBodyClient or ForwarderError.ResponseBodyClient
                    or ForwarderError.UpgradeRequestClient or ForwarderError.UpgradeResponseClient or ForwarderError.UpgradeActivityTimeout => OutcomeKind.Cancelled,
                _ => OutcomeKind.ServerError,
            };
        }
        return context.RequestAborted.IsCancellationRequested ? OutcomeKind.Cancelled
            : context.Response.StatusCode >= StatusCodes.Status500InternalServerError ? OutcomeKind.ServerError
            : OutcomeKind.Success;
    }

    private void LogUndecided(string farm, AthenaException e)
    {
        // That nobody can serve is the service's answer and stands in its log and metrics; that it was not reached is news.
        if (e.Reason.Length == 0)
        {
            LogServiceNotReached(farm, e.StatusCode, e.Message);
        }
        else
        {
            LogNobody(farm, e.Reason);
        }
    }

    [LoggerMessage(4001, LogLevel.Warning, "No decision for farm {Farm}: the service was not reached ({Status}: {Message})")]
    private partial void LogServiceNotReached(string farm, Grpc.Core.StatusCode status, string message);

    [LoggerMessage(4002, LogLevel.Debug, "No decision for farm {Farm}: {Reason}")]
    private partial void LogNobody(string farm, string reason);
}
