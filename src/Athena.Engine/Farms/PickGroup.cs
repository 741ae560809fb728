namespace Athena.Engine.Farms;

/// <summary>The members of one tier that may be picked, with what the policy worked out for them in advance.</summary>
public sealed class PickGroup
{
    internal PickGroup(Member[] members, object? prepared, double share)
    {
        Array = members;
        Prepared = prepared;
        CumulativeShare = share;
    }

    /// <summary>Members, in the order of the configuration.</summary>
    public ReadOnlySpan<Member> Members => Array;

    internal Member[] Array { get; }

    internal object? Prepared { get; }

    /// <summary>Share of decisions for this tier and those above it: 0 to 1.</summary>
    internal double CumulativeShare { get; }
}
