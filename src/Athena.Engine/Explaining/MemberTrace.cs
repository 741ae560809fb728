using Athena.Engine.Farms;

namespace Athena.Engine.Explaining;

/// <summary>What a decision made of one member.</summary>
public sealed class MemberTrace
{
    /// <summary>The member; its numbers stand still.</summary>
    public required Member Member { get; init; }

    /// <summary>Everything that keeps it from being picked; in panic also what is ignored.</summary>
    public required IReadOnlyList<Cause> Causes { get; init; }

    /// <summary>Whether the question could have it in this pick.</summary>
    public required bool IsEligible { get; init; }

    /// <summary>Whether the question excludes it by name or by labels.</summary>
    public required bool IsExcluded { get; init; }

    /// <summary>Whether it has not all labels asked for.</summary>
    public required bool IsOtherLabels { get; init; }

    /// <summary>Whether the question could have it, but another tier was drawn.</summary>
    public required bool IsOtherTier { get; init; }

    /// <summary>Whether it was chosen.</summary>
    public required bool IsChosen { get; init; }

    /// <summary>What the policy made of it; null: it was not compared.</summary>
    public required MemberScore? Score { get; init; }

    internal static MemberTrace Of(Farm farm, Member member, BalanceQuery query, int? tier, MemberScore? score, bool isChosen)
    {
        var named = query.Exclude?.Contains(member.Server.Name, EntityName.Comparer) == true;
        var labels = query.Labels?.Any(l => member.Server.Definition.Labels.GetValueOrDefault(l.Key) != l.Value) == true;
        // Who may be picked at all is in a tier's group.
        var may = farm.Groups.Any(g => Array.IndexOf(g.Array, member) >= 0) && Eligibility.Of(member, query);
        var isOtherTier = may && tier is { } drawn && drawn != member.Definition.Tier;
        return new MemberTrace
        {
            Member = member,
            Causes = [.. member.Causes()],
            IsEligible = may && !isOtherTier,
            IsExcluded = named || labels,
            IsOtherLabels = labels,
            IsOtherTier = isOtherTier,
            IsChosen = isChosen,
            Score = score,
        };
    }
}
