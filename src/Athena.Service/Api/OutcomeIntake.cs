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
    /// <summary>Takes one outcome.</summary>
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
        var numbers = error is null && outcome.Load is not null ? StatsIntake.Read(outcome.Load, out error) : null;
        if (error is not null)
        {
            return null;
        }
        var result = leases.Close(outcome.DecisionId, kind, out var server, latency);
        if (server is not null && numbers is not null)
        {
            stats.Take(server, numbers);
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
