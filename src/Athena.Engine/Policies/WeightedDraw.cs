using Athena.Engine.Farms;

namespace Athena.Engine.Policies;

/// <summary>One random member, in proportion to weights: what <see cref="RandomPolicy"/> does and every policy that compares a few draws.</summary>
internal static class WeightedDraw
{
    /// <summary>The table for a group; null when all weights are equal and none is needed.</summary>
    public static AliasTable? Prepare(IReadOnlyList<Member> members) =>
        members.All(m => m.EffectiveWeight == members[0].EffectiveWeight) ? null : new AliasTable([.. members.Select(m => m.EffectiveWeight)]);

    public static int Pick(in PickContext context, AliasTable? table, ulong bits)
    {
        if (table is null)
        {
            return Draw.Below(bits, context.Members.Length);
        }
        return context.IsWhole ? table.Pick(bits) : WeightedScan.At(context.Members, Draw.Unit(bits));
    }
}
