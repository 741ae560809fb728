using Athena.Engine.Farms;
using Athena.Engine.Policies;

namespace Athena.Engine.Explaining;

/// <summary>A pick from numbers that stand still, taken down: tier, tries, and what the policy tells of the last one.</summary>
/// <remarks>The same way as <see cref="Balancer"/>'s own pick: the same numbers and seed lead to the same member, traced or not.</remarks>
internal sealed class TracedPick
{
    private readonly Farm _farm;
    private readonly RefreshTime _now;
    private readonly List<Member> _passedOver = [];

    public TracedPick(Farm farm, in BalanceQuery query, ulong seed, RefreshTime now)
    {
        (_farm, _now, Seed) = (farm, now, seed);
        var groups = farm.Groups;
        if (groups.Length > 1)
        {
            TierDraw = Draw.Bits(seed, Balancer.TierDraw);
        }
        var first = TierOf(farm, TierDraw);
        for (var k = -1; k < groups.Length && Picked is null; k++)
        {
            if (k != first && groups.Length > 0)
            {
                Picked = PickIn(groups[k < 0 ? first : k], query, seed);
            }
        }
    }

    public Member? Picked { get; }

    public ulong Seed { get; private set; }

    public ulong? TierDraw { get; }

    public bool IsWhole { get; private set; }

    public PickTrace? Trace { get; private set; }

    public IReadOnlyList<Member> PassedOver => _passedOver;

    private static int TierOf(Farm farm, ulong? draw)
    {
        var first = 0;
        while (draw is { } bits && first < farm.Groups.Length - 1 && Draw.Unit(bits) >= farm.Groups[first].CumulativeShare)
        {
            first++;
        }
        return first;
    }

    private Member? PickIn(PickGroup group, in BalanceQuery query, ulong seed)
    {
        var policy = _farm.Policy;
        var looks = query.Filters || _farm.HasLimits;
        var tries = looks && policy.IsSampling ? Balancer.Redraws : 1;
        for (var k = 0; k < tries; k++)
        {
            var member = PickOf(group.Array, isWhole: true, group, query, k == 0 ? seed : Balancer.Redraw(policy, seed, k));
            if (!looks || Eligibility.Of(member, query))
            {
                return member;
            }
            _passedOver.Add(member);
        }
        var eligible = new List<Member>();
        foreach (var member in group.Array)
        {
            if (Eligibility.Of(member, query))
            {
                eligible.Add(member);
            }
        }
        return eligible.Count == 0 ? null
            : PickOf([.. eligible], eligible.Count == group.Array.Length, group, query, Balancer.Redraw(policy, seed, Balancer.Redraws));
    }

    private Member PickOf(Member[] members, bool isWhole, PickGroup group, in BalanceQuery query, ulong seed)
    {
        // No sequence: a turn that must be skipped is followed by the next number, which is the farm's only in name.
        var context = new PickContext(members, isWhole, group.Prepared, _farm.PolicyOptions, seed, sequence: null, query.HashKey, _farm.Cells, isCounted: query.Lease is not null);
        var place = _farm.Policy.Pick(context);
        (Seed, IsWhole, Trace) = (seed, isWhole, new PickTrace(context, _now));
        _farm.Policy.Explain(context, Trace);
        return members[place];
    }
}
