using Athena.Engine.Leases;
using Athena.Service.Contract;
using Athena.V1;
using EngineOutcome = Athena.Engine.Leases.OutcomeKind;
using EngineResult = Athena.Engine.Leases.OutcomeResult;
using Status = Google.Rpc.Status;

namespace Athena.Service.Api;

/// <summary>Takes outcomes: ends the lease, and hands on the load that came with it.</summary>
internal sealed class OutcomeIntake(LeaseTable leases, StatsIntake stats)
{
    /// <summary>Takes one outcome. A load with a fault is refused as a whole and counted; the work has ended all the same, and so does the lease.</summary>
    /// <param name="outcome">The outcome.</param>
    /// <param name="error">What is wrong with it, or with its load alone.</param>
    /// <returns>What became of it; null when it is not acceptable.</returns>
    public V1.OutcomeResult? Take(Outcome outcome, out Status? error)
    {
        var checks = new RequestChecks();
        if (KindOf(outcome.Kind) is not { } kind)
        {
            checks.Fault("outcome.kind", "must be given");
            error = checks.Result;
            return null;
        }
        var latency = checks.Span("outcome.latency", outcome.Latency, TimeSpan.Zero, TimeSpan.FromDays(1));
        error = checks.Result;
        if (error is not null)
        {
            return null;
        }
        var result = leases.Close(outcome.DecisionId, kind, out var server, latency);
        if (outcome.Load is not null)
        {
            var numbers = stats.ReadOrRefuse(outcome.Load, out error);
            if (server is not null && numbers is not null)
            {
                stats.Take(server, numbers);
            }
        }
        return ToMessage(result);
    }

    /// <summary>Ends a lease that nobody will report.</summary>
    public void Abandon(ulong lease) => leases.Close(lease, EngineOutcome.Cancelled, out _);

    private static EngineOutcome? KindOf(V1.OutcomeKind kind) => kind switch
    {
        V1.OutcomeKind.Success => EngineOutcome.Success,
        V1.OutcomeKind.ServerError => EngineOutcome.ServerError,
        V1.OutcomeKind.ConnectFailure => EngineOutcome.ConnectFailure,
        V1.OutcomeKind.Timeout => EngineOutcome.Timeout,
        V1.OutcomeKind.Cancelled => EngineOutcome.Cancelled,
        _ => null,
    };

    private static V1.OutcomeResult ToMessage(EngineResult result) => result switch
    {
        EngineResult.Recorded => V1.OutcomeResult.Recorded,
        EngineResult.AlreadyReported => V1.OutcomeResult.AlreadyReported,
        EngineResult.Expired => V1.OutcomeResult.Expired,
        _ => V1.OutcomeResult.Unknown,
    };
}
