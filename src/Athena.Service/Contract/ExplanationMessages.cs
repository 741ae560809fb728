using Athena.Engine;
using Athena.Engine.Explaining;
using Athena.Engine.Steering;
using Athena.V1;
using Google.Protobuf.WellKnownTypes;
using PickStep = Athena.V1.PickStep;

namespace Athena.Service.Contract;

/// <summary>Why a decision is as it is, as a message.</summary>
internal static class ExplanationMessages
{
    /// <summary>What a trace took down of this decision.</summary>
    public static Explanation ToMessage(this DecisionTrace trace, in Decision decision, in BalanceQuery query)
    {
        trace.Complete(decision, query);
        var pick = trace.Pick;
        var isPicked = trace.Tier is not null;
        var explanation = new Explanation
        {
            Policy = decision.Farm!.Policy.Name,
            Steering = decision.Steering.ToString(),
            Rule = decision is { Pinned: true, Steering: { IsFollowed: true, Claims.Action: not SteeringAction.Go } } ? "steered" : decision.Pinned ? "pinned" : isPicked ? pick!.Rule : "none",
            Seed = trace.Seed,
            Pinned = decision.Pinned,
            Panicked = decision.Farm.IsPanicking,
            WholeTier = trace.IsWholeTier,
            Members = { trace.Members.Select(m => ToMessage(m, isPicked)) },
            PassedOver = { trace.PassedOver.Select(m => m.Server.Name) },
        };
        if (!isPicked)
        {
            return explanation;
        }
        explanation.Tier = (uint)trace.Tier!.Value;
        explanation.LargestWins = pick!.LargestWins;
        if (trace.TierDraw is { } tier)
        {
            explanation.Steps.Add(new PickStep { Purpose = "tier", Bits = tier });
        }
        explanation.Steps.AddRange(pick.Steps.Select(s => new PickStep { Purpose = s.Purpose, Bits = s.Bits, Server = s.Member?.Declared.Name ?? "" }));
        explanation.Draws.AddRange(explanation.Steps.Select(s => s.Bits));
        explanation.RunnersUp.AddRange(trace.RunnersUp().Select(m => m.Member.Declared.Name));
        if (pick.Threshold is { } threshold)
        {
            explanation.Threshold = threshold;
        }
        if (pick.Key is { } key)
        {
            explanation.Key = key;
        }
        return explanation;
    }

    private static MemberExplanation ToMessage(MemberTrace trace, bool isPicked)
    {
        var member = trace.Member;
        var message = new MemberExplanation
        {
            Server = member.Declared.Name,
            StandIn = member.IsStandIn ? member.Server.Name : "",
            Eligible = trace.IsEligible,
            Causes = { trace.Causes.Select(c => c.ToMessage()) },
            Excluded = trace.IsExcluded,
            LabelMismatch = trace.IsOtherLabels,
            OtherTier = trace.IsOtherTier,
            Weight = member.EffectiveWeight,
            Tier = (uint)member.Definition.Tier,
            InFlight = member.Server.Cells.InFlight,
            Chosen = trace.IsChosen,
        };
        if (!isPicked || trace.Score is not { } score)
        {
            return message;
        }
        message.Compared = true;
        message.Weight = score.Weight;
        message.OverShare = score.OverShare;
        if (score.Score is { } number)
        {
            message.Score = number;
        }
        message.Terms.AddRange(score.Terms.Select(ToMessage));
        return message;
    }

    private static ScoreTerm ToMessage(TermValue term)
    {
        var message = new ScoreTerm { Name = term.Name, Value = term.Value, Age = term.Age is { } age ? Duration.FromTimeSpan(age) : null, Assumed = term.IsAssumed };
        if (term.Coefficient is { } coefficient)
        {
            message.Coefficient = coefficient;
        }
        return message;
    }
}
