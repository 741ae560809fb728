using Athena.Client;
using Athena.Gateway.Affinity;
using Athena.Gateway.Resolution.Headers;
using Athena.Gateway.Resolution.Retries;
using Athena.Gateway.Routing;
using Athena.Gateway.Telemetry;
using Athena.Hosting;
using Athena.V1;
using Yarp.ReverseProxy.Forwarder;
using Yarp.ReverseProxy.Model;

namespace Athena.Gateway.Resolution;

/// <summary>Asks the service for the server of each request to a farm, ahead of YARP's own affinity and balancing, and reports what became of it.</summary>
internal sealed partial class FarmResolution(
    RequestDelegate next, SteadyBalancer balancer, Destinations destinations, RetryRules retries, SteeringCarrier steering, HashKeys keys, VisitorPins pins, GatewayMetrics metrics,
    TimeProvider time, LastGoodOptions<GatewayOptions> options, ILogger<FarmResolution> logger)
{
    public Task InvokeAsync(HttpContext context)
    {
        var proxy = context.GetReverseProxyFeature();
        return FarmCluster.FarmOf(proxy.Cluster.Config.ClusterId) is { } farm ? ResolveAsync(context, proxy, farm) : next(context);
    }

    private async Task ResolveAsync(HttpContext context, IReverseProxyFeature proxy, string farm)
    {
        var question = new BalanceRequest { Farm = farm, Lease = true };
        if (steering.Take(context.Request.Headers) is { } token)
        {
            question.Steering = token;
        }
        if (keys.Of(context, farm) is { } key)
        {
            question.HashKey = key;
        }
        if (pins.Take(context, farm) is { } server)
        {
            question.PinnedServer = server;
        }
        var budget = retries.Earned(farm);
        var body = retries.Watch(context);
        for (var retry = 0; ; retry++)
        {
            var began = time.GetTimestamp();
            if (await DecideAsync(context, question, began, retry) is not { } answer)
            {
                return;
            }
            if (answer.Response.Url.Length > 0 && options.Current.UrlForwards == UrlForwards.Redirect)
            {
                UrlRedirect.Answer(context, proxy, answer.Response.Url);
                return;
            }
            var decision = Use(context, proxy, answer);
            var decided = time.GetTimestamp();
            try
            {
                await next(context);
            }
            finally
            {
                Report(context, decision, decided);
            }
            if (answer.Response.Server.Length == 0 || !retries.Allow(context, body, retry, budget))
            {
                return;
            }
            metrics.Retried(decision.Farm);
            question = retry == 0 ? question.Clone() : question;
            question.Exclude.Add(answer.Response.Server);
            context.Features.Set<IForwarderErrorFeature>(null);
        }
    }

    /// <summary>The decision; null when there is none and the visitor was answered.</summary>
    private async ValueTask<SteadyDecision?> DecideAsync(HttpContext context, BalanceRequest question, long began, int retry)
    {
        using var span = DecisionSpan.Start(question.Farm, retry);
        try
        {
            var answer = await balancer.BalanceAsync(question, context.RequestAborted);
            metrics.Decided(question.Farm, ResultOf(answer), time.GetElapsedTime(began));
            DecisionSpan.Decided(span, answer, ResultOf(answer));
            if (answer.Steering is { } token)
            {
                metrics.Steered(question.Farm, token);
            }
            if (retry > 0)
            {
                context.Response.StatusCode = StatusCodes.Status200OK;
            }
            return answer;
        }
        catch (AthenaException e)
        {
            metrics.Decided(question.Farm, e.Reason.Length > 0 ? "none" : "unreached", time.GetElapsedTime(began));
            LogUndecided(question.Farm, e);
            DecisionSpan.Failed(span, e);
            // After a retry there may be nobody else: the answer to the first attempt, 502, stands.
            if (retry == 0)
            {
                await NoServer.AnswerAsync(context, e);
            }
            return null;
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            // The visitor went away before the decision came; its lease is given back by the client.
            return null;
        }
    }

    private static string ResultOf(in SteadyDecision made) =>
        made.IsLocal ? "local" : made.Response.Forwarded ? "forwarded" : made.Source == DecisionSource.Ahead ? "ahead" : "chosen";

    private FarmDecision Use(HttpContext context, IReverseProxyFeature proxy, in SteadyDecision made)
    {
        var answer = made.Response;
        var decision = new FarmDecision(made)
        {
            // A URL without a final '/' is asked for as it stands; one with it gets the request's path and query, as any address does.
            FixedUrl = answer.Url.Length > 0 && !answer.Url.EndsWith('/') ? new Uri(answer.Url) : null,
        };
        var (name, address) = answer.Url.Length > 0 ? (answer.Url, answer.Url) : (answer.Server, answer.Address);
        proxy.AvailableDestinations = destinations.Of(name, address);
        context.Features.Set(decision);
        var headers = context.Response.Headers;
        if (made.IsLocal)
        {
            headers["Athena-Resolution"] = "local";
        }
        if (options.Current.DebugHeaders)
        {
            headers["Athena-Resolution"] = made.Source switch { DecisionSource.Local => "local", DecisionSource.Ahead => "ahead", _ => "service" };
            headers["Athena-Farm"] = answer.Farm;
            headers["Athena-Server"] = name;
            headers["Athena-Decision"] = answer.DecisionId.ToString(System.Globalization.CultureInfo.InvariantCulture);
        }
        return decision;
    }

    private void Report(HttpContext context, FarmDecision decision, long decided)
    {
        var latency = time.GetElapsedTime(decided);
        var kind = Outcomes.KindOf(context);
        metrics.Ended(decision.Farm, decision.Server, kind, latency);
        balancer.Report(decision.Made, kind, latency, LoadHeaders.Of(decision));
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

    [LoggerMessage(4001, LogLevel.Warning, "No decision for farm {Farm}: the service was not reached ({Status}: {Message}) and no fleet is known")]
    private partial void LogServiceNotReached(string farm, Grpc.Core.StatusCode status, string message);

    [LoggerMessage(4002, LogLevel.Debug, "No decision for farm {Farm}: {Reason}")]
    private partial void LogNobody(string farm, string reason);
}
