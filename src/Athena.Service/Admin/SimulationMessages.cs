using Athena.Engine;
using Athena.Engine.Farms;
using Athena.Engine.Simulating;
using Athena.Service.Contract;
using Athena.V1;
using ForwardHop = Athena.V1.ForwardHop;
using ForwardReason = Athena.V1.ForwardReason;

namespace Athena.Service.Admin;

/// <summary>How simulated decisions fell, as a message.</summary>
internal static class SimulationMessages
{
    public static SimulateResponse Compare(SimulationPlan plan, SimulationOutcome then, SimulationOutcome now)
    {
        double Share(SimulationOutcome outcome, string target) => outcome.Targets.GetValueOrDefault(target) / (double)plan.Decisions;
        var shares = then.Targets.Keys.Union(now.Targets.Keys, EntityName.Comparer).Select(target => new SimulatedShare
        {
            Target = target,
            Count = (uint)then.Targets.GetValueOrDefault(target),
            Share = Share(then, target),
            ShareNow = Share(now, target),
            MostInFlight = then.MostInFlight.GetValueOrDefault(target),
        }).OrderByDescending(s => s.Share).ThenByDescending(s => s.ShareNow).ThenBy(s => s.Target, EntityName.Comparer).ToArray();
        return new SimulateResponse
        {
            Shares = { shares },
            Failed = (uint)then.Failed,
            FailedNow = (uint)now.Failed,
            Failures = { then.Failures.Keys.Union(now.Failures.Keys).Select(kind => Failure(kind, then, now)).OrderByDescending(f => f.Count) },
            Forwards = { then.Forwards.Keys.Union(now.Forwards.Keys).Select(hop => Forward(hop, then, now)).OrderByDescending(f => f.Count) },
            Decisions = (uint)plan.Decisions,
            LargestChange = shares.Select(s => Math.Abs(s.Share - s.ShareNow)).DefaultIfEmpty(0).Max(),
            Revision = plan.Live.Revision,
            Seed = plan.Seed,
        };
    }

    private static SimulatedFailure Failure(DecisionKind kind, SimulationOutcome then, SimulationOutcome now) => new()
    {
        Reason = ApiErrors.NameOf(kind switch
        {
            DecisionKind.EngineOff => ErrorReason.EngineOff,
            DecisionKind.FarmOff => ErrorReason.FarmOff,
            DecisionKind.FarmOverCapacity => ErrorReason.FarmOverCapacity,
            DecisionKind.TooManyLeases => ErrorReason.TooManyLeases,
            DecisionKind.FarmNotFound => ErrorReason.FarmNotFound,
            _ => ErrorReason.NoAvailableMember,
        }),
        Count = (uint)then.Failures.GetValueOrDefault(kind),
        CountNow = (uint)now.Failures.GetValueOrDefault(kind),
    };

    private static SimulatedForward Forward(SimulatedHop hop, SimulationOutcome then, SimulationOutcome now) => new()
    {
        Hop = new ForwardHop
        {
            From = hop.From,
            To = hop.To,
            Reason = hop.Reason switch
            {
                Engine.ForwardReason.FarmOff => ForwardReason.FarmOff,
                Engine.ForwardReason.NoAvailableMember => ForwardReason.NoAvailableMember,
                Engine.ForwardReason.FarmOverCapacity => ForwardReason.FarmOverCapacity,
                Engine.ForwardReason.EngineOff => ForwardReason.EngineOff,
                _ => ForwardReason.ServerUnavailable,
            },
        },
        Count = (uint)then.Forwards.GetValueOrDefault(hop),
        CountNow = (uint)now.Forwards.GetValueOrDefault(hop),
    };
}
