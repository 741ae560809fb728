using Athena.Engine;
using Athena.Engine.Explaining;
using Athena.Service.Contract;
using Athena.Service.State;
using Athena.Service.Telemetry;
using Athena.V1;
using Grpc.Core;
using Microsoft.Extensions.Options;
using Status = Google.Rpc.Status;

namespace Athena.Service.Api;

/// <summary>The data plane: answers from memory and never waits on a store.</summary>
internal sealed class BalancerApi(Balancer balancer, SteeringSource steering, OutcomeIntake outcomes, KeptDecisions kept, AthenaMetrics metrics, TimeProvider time, IOptions<LeaseOptions> leases, IHostApplicationLifetime lifetime) : BalancerService.BalancerServiceBase
{
    private const int MaxQuestions = 1000;
    private const int MaxOutcomes = 10_000;
    private const int MaxDecisions = 1024;

    /// <summary>Explained decisions in one message: each tells all members of its farm.</summary>
    private const int MaxExplained = 100;

    public override Task<BalanceResponse> Balance(BalanceRequest request, ServerCallContext context) =>
        Decide(request, new BalanceResponse(), out var error, steering.Beside(request, context)) is { } response ? Task.FromResult(response) : throw error!.AsException();

    public override Task<BalanceManyResponse> BalanceMany(BalanceManyRequest request, ServerCallContext context)
    {
        if (request.Requests.Count is 0 or > MaxQuestions)
        {
            throw ApiErrors.InvalidField("requests", $"{request.Requests.Count} questions; 1 to {MaxQuestions} are taken").AsException();
        }
        if (request.Requests.Count(r => r.Explain) > MaxExplained)
        {
            throw ApiErrors.InvalidField("requests", $"more than {MaxExplained} with explain").AsException();
        }
        var response = new BalanceManyResponse();
        foreach (var question in request.Requests)
        {
            response.Answers.Add(Decide(question, new BalanceResponse(), out var error) is { } decision ? new BalanceAnswer { Decision = decision } : new BalanceAnswer { Error = error });
        }
        return Task.FromResult(response);
    }

    public override async Task BalanceStream(IAsyncStreamReader<BalanceStreamRequest> requestStream, IServerStreamWriter<BalanceStreamResponse> responseStream, ServerCallContext context)
    {
        var (open, answers) = (new HashSet<ulong>(), new StreamAnswers());
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(context.CancellationToken, lifetime.ApplicationStopping);
        try
        {
            while (await requestStream.MoveNext(ending.Token))
            {
                Answer(requestStream.Current, open, answers);
                if (answers.Message.Answers.Count > 0 || answers.Message.RejectedOutcomes.Count > 0)
                {
                    await responseStream.WriteAsync(answers.Message, context.CancellationToken);
                    answers.Clear();
                }
            }
        }
        // A read that is cancelled throws the one or, as "incoming message cancelled", the other.
        catch (Exception e) when (lifetime.ApplicationStopping.IsCancellationRequested && e is OperationCanceledException or RpcException { StatusCode: StatusCode.Internal })
        {
            throw new RpcException(new Grpc.Core.Status(StatusCode.Unavailable, "the service is stopping"));
        }
        finally
        {
            foreach (var lease in open)
            {
                outcomes.Abandon(lease);
            }
        }
    }

    public override Task<ReportOutcomeResponse> ReportOutcome(ReportOutcomeRequest request, ServerCallContext context)
    {
        if (request.Outcome is null)
        {
            throw ApiErrors.InvalidField("outcome", "is missing").AsException();
        }
        // With a bad load there are both: the lease has ended, and its reporter learns what was refused.
        var result = outcomes.Take(request.Outcome, out var error);
        return error is null ? Task.FromResult(new ReportOutcomeResponse { Result = result!.Value }) : throw error.AsException();
    }

    private void Answer(BalanceStreamRequest request, HashSet<ulong> open, StreamAnswers answers)
    {
        if (request.Questions.Count > MaxQuestions || request.Outcomes.Count > MaxOutcomes)
        {
            throw ApiErrors.InvalidField("questions", $"at most {MaxQuestions} questions and {MaxOutcomes} outcomes are taken in a message").AsException();
        }
        if (request.Questions.Sum(q => q.Request?.Explain == true ? Math.Clamp(q.Count, 1, MaxDecisions) : 0L) > MaxExplained)
        {
            throw ApiErrors.InvalidField("questions", $"more than {MaxExplained} decisions with explain in a message").AsException();
        }
        foreach (var outcome in request.Outcomes)
        {
            var result = outcomes.Take(outcome, out _) ?? OutcomeResult.Unspecified;
            if (result != OutcomeResult.Unspecified)
            {
                // One that is not acceptable leaves the lease open, until the stream ends.
                open.Remove(outcome.DecisionId);
            }
            if (result != OutcomeResult.Recorded)
            {
                answers.Message.RejectedOutcomes.Add(new RejectedOutcome { DecisionId = outcome.DecisionId, Result = result });
            }
        }
        foreach (var question in request.Questions)
        {
            var answer = answers.Add(question.Id);
            var count = Keep(question, out var refused) ? Math.Clamp(question.Count, 1, MaxDecisions) : 0;
            answer.Error = refused;
            for (var i = 0; i < count; i++)
            {
                if (Decide(question.Request ?? new BalanceRequest(), answers.Decision(), out var error) is not { } decision)
                {
                    answer.Error = answer.Decisions.Count == 0 ? error : null;
                    break;
                }
                if (decision.Lease is not null)
                {
                    open.Add(decision.DecisionId);
                }
                answer.Decisions.Add(decision);
            }
        }
    }

    /// <summary>Notes that the decisions will be kept, before they are made.</summary>
    private bool Keep(BalanceQuestion question, out Status? error)
    {
        error = null;
        if (question.Keep is null)
        {
            return true;
        }
        var checks = new RequestChecks();
        var keep = checks.Span("keep", question.Keep, TimeSpan.Zero, KeptDecisions.Longest);
        error = checks.Result;
        if (keep is { } life)
        {
            kept.Keep(life);
        }
        return error is null;
    }

    /// <summary>Decides, and writes the decision into this message; null when nobody was chosen.</summary>
    private BalanceResponse? Decide(BalanceRequest request, BalanceResponse response, out Status? error, string? token = null)
    {
        var checks = new RequestChecks();
        var query = checks.Query(request, leases.Value.Timeout);
        if (token is not null)
        {
            query = query with { Steering = token };
        }
        error = checks.Result;
        if (error is not null)
        {
            return null;
        }
        if (request.Explain)
        {
            query = query with { Trace = new DecisionTrace(time) };
        }
        var decision = balancer.Decide(query);
        metrics.Decided(decision);
        if (decision.Kind is not (DecisionKind.Chosen or DecisionKind.ForwardedToUrl))
        {
            error = ApiErrors.NoServer(decision, query);
            return null;
        }
        decision.Write(response, time, query.Lease);
        response.Explanation = query.Trace?.ToMessage(decision, query);
        if (request.Alternates > 0)
        {
            foreach (var alternate in Balancer.Alternates(decision, query, (int)request.Alternates))
            {
                response.Alternates.Add(new Alternate { Server = alternate.Server.Name, Address = alternate.Server.Address });
            }
        }
        return response;
    }
}
