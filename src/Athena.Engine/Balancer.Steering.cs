using System.Runtime.CompilerServices;
using Athena.Engine.Farms;
using Athena.Engine.Steering;

namespace Athena.Engine;

/// <summary>The application's signed word.</summary>
public sealed partial class Balancer
{
    private readonly SteeringVerifier _steering = steering ?? new SteeringVerifier(TimeProvider.System);

    /// <summary>Decides as a token says; as without it when it is bad, or when what it names cannot serve.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private Decision DecideSteered(Snapshot snapshot, Farm farm, in BalanceQuery query)
    {
        var verdict = _steering.Verify(query.Steering!, out var claims);
        if (verdict == SteeringVerdict.Followed && !claims!.IsFor(farm.Name))
        {
            verdict = SteeringVerdict.Foreign;
        }
        if (verdict == SteeringVerdict.Followed)
        {
            var prioritized = query with { Priority = claims!.Priority ?? query.Priority };
            return claims.Action == SteeringAction.Go ? DecideGo(snapshot, farm, claims, prioritized) : DecideStay(snapshot, farm, claims, prioritized);
        }
        return DecideFrom(snapshot, farm, query) with { Steering = Outcome(verdict, farm, claims) };
    }

    /// <summary>In the farm that the token goes to; in its own when that one, with its forwards, cannot serve. A farm may always go to itself.</summary>
    private Decision DecideGo(Snapshot snapshot, Farm farm, SteeringClaims claims, in BalanceQuery query)
    {
        var isOwn = EntityName.Comparer.Equals(claims.Subject, farm.Name);
        var verdict = SteeringVerdict.NotAllowed;
        if ((isOwn || MayGo(farm, claims.Subject)) && snapshot.FindFarm(claims.Subject) is { } target)
        {
            var decision = DecideFrom(snapshot, target, query);
            if (isOwn || decision.Kind is DecisionKind.Chosen or DecisionKind.ForwardedToUrl)
            {
                return decision with { Steering = Outcome(SteeringVerdict.Followed, farm, claims) };
            }
            verdict = SteeringVerdict.Unavailable;
        }
        return DecideFrom(snapshot, farm, query) with { Steering = Outcome(verdict, farm, claims) };
    }

    private Decision DecideStay(Snapshot snapshot, Farm farm, SteeringClaims claims, in BalanceQuery query)
    {
        if (farm.FindMember(claims.Subject)?.AsDeclared is not { } member)
        {
            return DecideFrom(snapshot, farm, query) with { Steering = Outcome(SteeringVerdict.UnknownServer, farm, claims) };
        }
        var decision = DecideFrom(snapshot, farm, query with { SteeredTo = member, Sticks = claims.Action == SteeringAction.Stick });
        var verdict = decision.Pinned && ReferenceEquals(decision.Member, member) ? SteeringVerdict.Followed : SteeringVerdict.Unavailable;
        return decision with { Steering = Outcome(verdict, farm, claims) };
    }

    private static SteeringOutcome Outcome(SteeringVerdict verdict, Farm farm, SteeringClaims? claims) =>
        claims is null ? new SteeringOutcome(verdict, farm.Name, null) : claims.Outcome(verdict, farm.Name);

    private static bool MayGo(Farm farm, string target)
    {
        foreach (var allowed in farm.Definition.SteerTo)
        {
            if (EntityName.Comparer.Equals(allowed, target))
            {
                return true;
            }
        }
        return false;
    }

    /// <summary>The member that the token names, in its own farm, if it may be chosen. What the caller excludes, by name or by labels, is not chosen.</summary>
    internal static Member? SteeredTo(Farm farm, in BalanceQuery query)
    {
        if (query.SteeredTo is not { } member || member.Farm != farm.Name)
        {
            return null;
        }
        return query.Sticks
            ? member.EffectiveAdmin != AdminState.Off && Eligibility.IsWanted(member, query) ? member : null
            : MayStay(farm, member) && Eligibility.Of(member, query) ? member : null;
    }
}
