using Athena.Engine.Farms;

namespace Athena.Engine.Policies;

/// <summary>Weighted choice without preparation, for members that were filtered for one query. O(n).</summary>
internal static class WeightedScan
{
    /// <summary>The member whose part of the total weight holds this point, 0 (included) to 1 (excluded).</summary>
    public static int At(ReadOnlySpan<Member> members, double point)
    {
        var total = 0.0;
        foreach (var member in members)
        {
            total += member.EffectiveWeight;
        }
        var left = point * total;
        for (var i = 0; i < members.Length; i++)
        {
            left -= members[i].EffectiveWeight;
            if (left < 0)
            {
                return i;
            }
        }
        return members.Length - 1;
    }
}
