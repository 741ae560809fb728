using Athena.Engine.Policies;

namespace Athena.Engine.Farms;

/// <summary>Who may be picked, tier by tier: made once per change, not per pick.</summary>
/// <remarks>
/// Members without weight are none of it: they neither count as available nor make a tier larger.
/// Panic: fewer available than the threshold's share of the members that the operator left on.
/// A tier's health is min(1, 1.4 · available/members); it takes min(what is left, health/total), rounded to whole percents, where total is
/// min(1, sum of health).
/// Source: Envoy, priority levels, overprovisioning factor 1.4.
/// </remarks>
internal sealed record PickPlan(PickGroup[] Groups, bool IsPanicking, int AvailableCount)
{
    private const int OverprovisioningPercent = 140;

    public static PickPlan Make(FarmDefinition farm, Member[] members, IBalancingPolicy policy, object? options, FarmCells? cells = null, RefreshTime time = default)
    {
        var weighted = Array.FindAll(members, m => m.Weight > 0);
        var available = weighted.Count(m => m.IsAvailable);
        var allowed = weighted.Count(m => m.EffectiveAdmin == AdminState.On);
        var panicking = farm.PanicThreshold > 0 && allowed > 0 && available < farm.PanicThreshold * allowed;

        var tiers = weighted.GroupBy(m => m.Definition.Tier).OrderBy(t => t.Key).Select(t => t.ToArray()).ToArray();
        var pickable = Array.ConvertAll(tiers, t => Array.FindAll(t, m => IsPickable(m, panicking)));
        var shares = TierShares(Array.ConvertAll(tiers, t => t.Length), Array.ConvertAll(pickable, t => t.Length));

        var groups = new List<PickGroup>();
        var cumulative = 0;
        for (var i = 0; i < tiers.Length; i++)
        {
            if (pickable[i].Length == 0)
            {
                continue;
            }
            for (var k = 0; k < pickable[i].Length; k++)
            {
                pickable[i][k].Index = k;
            }
            cumulative += shares[i];
            var prepared = policy.Prepare(new PolicySetup(pickable[i], options) { Cells = cells, Time = time });
            if (prepared is ICountsHandOuts { Shares: { } counts })
            {
                Array.ForEach(pickable[i], m => m.Shares = counts);
            }
            groups.Add(new PickGroup(pickable[i], prepared, cumulative / 100.0));
        }
        return new PickPlan([.. groups], panicking, available);
    }

    /// <summary>Percent of decisions for each tier, from its size and the number of its members that may be picked.</summary>
    internal static int[] TierShares(int[] sizes, int[] pickable)
    {
        var health = new int[sizes.Length];
        for (var i = 0; i < sizes.Length; i++)
        {
            health[i] = sizes[i] == 0 ? 0 : (int)Math.Min(100, (long)OverprovisioningPercent * pickable[i] / sizes[i]);
        }
        var total = Math.Min(100, health.Sum());
        var shares = new int[sizes.Length];
        var left = 100;
        for (var i = 0; i < sizes.Length && total > 0; i++)
        {
            shares[i] = Math.Min(left, ((health[i] * 100) + (total / 2)) / total);
            left -= shares[i];
        }
        // What rounding leaves over goes to the first tier that serves at all; all of it when no tier has one percent of health.
        var first = Array.FindIndex(total > 0 ? shares : pickable, s => s > 0);
        if (first >= 0)
        {
            shares[first] += left;
        }
        return shares;
    }

    private static bool IsPickable(Member member, bool panicking)
    {
        if (member.IsStandIn)
        {
            return true;
        }
        return panicking ? member.EffectiveAdmin == AdminState.On : member.IsAvailable;
    }
}
