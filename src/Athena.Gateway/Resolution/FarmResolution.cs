using Athena.Client;
using Athena.Gateway.Affinity;
using Athena.Gateway.Forwarding;
using Athena.Gateway.Resolution.Headers;
using Athena.Gateway.Resolution.Retries;
using Athena.Gateway.Routing;
using Athena.Gateway.Telemetry;
using Athena.Hosting;
using Athena.V1;
using Microsoft.AspNetCore.Http.Features;
using Yarp.ReverseProxy.Forwarder;
using Yarp.ReverseProxy.Model;

namespace Athena.Gateway.Resolution;

/// <summary>Asks the service for the server of each request to a farm, sends the request there, and reports what became of it.</summary>
/// <remarks>Stands ahead of YARP's own affinity and balancing, and takes the place of all that follows for farms: there is one destination, and it is known.</remarks>
internal sealed partial class FarmResolution(
    RequestDelegate next, FarmForwarder forwarder, FailureLog failures, SteadyBalancer balancer, RetryRules retries, SteeringCarrier steering, HashKeys keys, VisitorPins pins, GatewayMetrics metrics,
    TimeProvider time, LastGoodOptions<GatewayOptions> options, ILogger<FarmResolution> logger)
{
    public Task InvokeAsync(HttpContext context)
    {
        var proxy = context.GetReverseProxyFeature();
        return FarmCluster.FarmOf(proxy.Cluster.Config.ClusterId) is { } farm ? ResolveAsync(context, proxy, farm) : PassAsync(context);
    }

    /// <summary>A request to a cluster that is no farm: all of it is YARP's.</summary>
    private async Task PassAsync(HttpContext context)
    {
        await next(context);
        if (context.GetForwarderErrorFeature() is { } error)
        {
            failures.Tell(context.GetReverseProxyFeature().ProxiedDestination?.Model.Config.Address ?? "", error, Outcomes.KindOf(context) == OutcomeKind.Cancelled);
        }
    }

    private async Task ResolveAsync(HttpContext context, IReverseProxyFeature proxy, string farm)
    {
        var question = QuestionOf(context, farm);
        var budget = retries.Earned(farm);
        var body = retries.Watch(context);
        LimitBody(context, proxy);
        for (var retry = 0; ; retry++)
        {
            var began = time.GetTimestamp();
            if (await DecideAsync(context, farm, question, began, retry) is not { } decision)
            {
                return;
            }
            var settings = options.Current;
            var attempt = new Attempt(decision, proxy.Route.Transformer, settings.PassLoadReports);
            Announce(context, attempt, settings.DebugHeaders);
            if (decision.Response.Url.Length > 0 && settings.UrlForwards == UrlForwards.Redirect)
            {
                UrlRedirect.Answer(context, proxy, decision.Response.Url);
                return;
            }
            if (pins.Of(farm) is not null)
            {
                context.Features.Set(attempt);
            }
            var decided = time.GetTimestamp();
            try
            {
                await forwarder.SendAsync(context, proxy, attempt);
            }
            finally
            {
                Report(context, attempt, decided);
            }
            if (attempt.Server.Length == 0 || !retries.Allow(context, body, retry, budget))
            {
                return;
            }
            metrics.Retried(attempt.Farm);
            question = retry == 0 ? question?.Clone() ?? AnyOf(farm) : question!;
            question.Exclude.Add(attempt.Server);
            context.Features.Set<IForwarderErrorFeature>(null);
        }
    }

    /// <summary>What to ask for a request; null: for any server of the farm.</summary>
    private BalanceRequest? QuestionOf(HttpContext context, string farm)
    {
        var token = steering.Take(context.Request.Headers);
        var key = keys.Of(context, farm);
        var server = pins.Take(context, farm);
        if (token is null && key is null && server is null)
        {
            return null;
        }
        var question = AnyOf(farm);
        if (token is not null)
        {
            question.Steering = token;
        }
        if (key is not null)
        {
            question.HashKey = key;
        }
        if (server is not null)
        {
            question.PinnedServer = server;
        }
        return question;
    }

    private static BalanceRequest AnyOf(string farm) => new() { Farm = farm, Lease = true };

    /// <summary>A route's own limit, which YARP would set at the end of the pipeline that is not gone through here.</summary>
    private static void LimitBody(HttpContext context, IReverseProxyFeature proxy)
    {
        if (proxy.Route.Config.MaxRequestBodySize is { } most && context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit)
        {
            limit.MaxRequestBodySize = most < 0 ? null : most;
        }
    }

    /// <summary>The decision; null when there is none and the visitor was answered.</summary>
    private async ValueTask<SteadyDecision?> DecideAsync(HttpContext context, string farm, BalanceRequest? question, long began, int retry)
    {
        using var span = DecisionSpan.Start(farm, retry);
        try
        {
            var answer = await (question is null ? balancer.BalanceAsync(farm, context.RequestAborted) : balancer.BalanceAsync(question, context.RequestAborted));
            metrics.Decided(farm, ResultOf(answer), time.GetElapsedTime(began));
            DecisionSpan.Decided(span, answer, ResultOf(answer));
            if (answer.Steering is { } token)
            {
                metrics.Steered(farm, token);
            }
            if (retry > 0)
            {
                context.Response.StatusCode = StatusCodes.Status200OK;
            }
            return answer;
        }
        catch (AthenaException e)
        {
            metrics.Decided(farm, e.Reason.Length > 0 ? "none" : "unreached", time.GetElapsedTime(began));
            LogUndecided(farm, e);
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

    private static void Announce(HttpContext context, Attempt attempt, bool debugs)
    {
        ref readonly var made = ref attempt.Made;
        var headers = context.Response.Headers;
        if (made.IsLocal)
        {
            headers["Athena-Resolution"] = "local";
        }
        else
        {
            // An attempt before this one may have been decided locally.
            headers.Remove("Athena-Resolution");
        }
        if (debugs)
        {
            headers["Athena-Resolution"] = made.Source switch { DecisionSource.Local => "local", DecisionSource.Ahead => "ahead", _ => "service" };
            headers["Athena-Farm"] = attempt.Farm;
            headers["Athena-Server"] = attempt.Name;
            headers["Athena-Decision"] = made.Response.DecisionId.ToString(System.Globalization.CultureInfo.InvariantCulture);
        }
    }

    private void Report(HttpContext context, Attempt attempt, long decided)
    {
        var latency = time.GetElapsedTime(decided);
        var kind = Outcomes.KindOf(context);
        metrics.Ended(attempt.Farm, attempt.Server, kind, latency);
        balancer.Report(attempt.Made, kind, latency, attempt.Load);
        if (context.GetForwarderErrorFeature() is { } error)
        {
            failures.Tell(attempt.Name, error, isVisitors: kind == OutcomeKind.Cancelled);
        }
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
