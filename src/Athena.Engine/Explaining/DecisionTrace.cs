using Athena.Engine.Farms;
using Athena.Engine.Policies;

namespace Athena.Engine.Explaining;

/// <summary>Takes down why one decision is as it is. Given with the question, read after the decision; for one question only.</summary>
/// <remarks>
/// Numbers change while decisions are made. So a traced decision copies those of its farm first, picks from the copy, and tells the copy: what is
/// told is what decided. O(members) of the farm, with allocation; questions without a trace pay nothing.
/// </remarks>
public sealed class DecisionTrace(TimeProvider time)
{
    private FarmCopy? _copy;
    private TracedPick? _pick;
    private Member? _chosen;
    private bool _isPinned;

    /// <summary>The farm picked from, as it was; null before <see cref="Complete"/>.</summary>
    public Farm? Farm => _copy?.Farm;

    /// <summary>The last try of the pick; null: the session was pinned, or nobody could be picked.</summary>
    public PickTrace? Pick => _pick?.Trace;

    /// <summary>Seed of the last try.</summary>
    public ulong Seed => _pick?.Seed ?? 0;

    /// <summary>The draw that led to a tier; null: there was only one, or no pick.</summary>
    public ulong? TierDraw => _pick?.TierDraw;

    /// <summary>The tier picked from; null: nobody was picked.</summary>
    public int? Tier => _pick?.Picked is null ? null : _pick.Picked.Definition.Tier;

    /// <summary>Whether the last try was among all of the tier.</summary>
    public bool IsWholeTier => _pick is { Picked: not null, IsWhole: true };

    /// <summary>Members that earlier tries led to and that the question may not have.</summary>
    public IReadOnlyList<Member> PassedOver => _pick?.PassedOver ?? [];

    /// <summary>What was made of each member, in the order of the configuration.</summary>
    public IReadOnlyList<MemberTrace> Members { get; private set; } = [];

    /// <summary>Picks from a copy of the farm.</summary>
    /// <returns>The live member.</returns>
    internal Member? PickFrom(Farm live, in BalanceQuery query, out ulong seed, out Member? pinned)
    {
        _copy = new FarmCopy(live);
        _pick = null;
        var here = query.SteeredTo is { } steered && EntityName.Comparer.Equals(steered.Farm, live.Name)
            ? query with { SteeredTo = _copy.Farm.FindMember(steered.Declared.Name)?.AsDeclared } : query;
        _chosen = Balancer.SteeredTo(_copy.Farm, here) ?? Balancer.Pinned(_copy.Farm, query);
        _isPinned = _chosen is not null;
        seed = 0;
        if (!_isPinned)
        {
            seed = query.Seed ?? (live.Policy.Seeds == SeedSource.Sequence ? live.Cells.NextSequence() : (ulong)Random.Shared.NextInt64());
            _pick = new TracedPick(_copy.Farm, query, seed, new RefreshTime(time.GetTimestamp(), time.TimestampFrequency));
            _chosen = _pick.Picked;
        }
        var member = _chosen is null ? null : _copy.LiveOf(_chosen);
        pinned = _isPinned ? member : null;
        return member;
    }

    /// <summary>Works out, after the decision, what was made of each member.</summary>
    public void Complete(in Decision decision, in BalanceQuery query)
    {
        if (decision.Farm is not { } farm)
        {
            return;
        }
        if (_copy is null || !EntityName.Comparer.Equals(_copy.Farm.Name, farm.Name))
        {
            // The farm was off or full: nobody was compared.
            (_copy, _pick, _chosen, _isPinned) = (new FarmCopy(farm), null, null, false);
        }
        var members = new List<MemberTrace>(_copy.Farm.AllMembers.Length);
        var scores = Pick?.Scores.ToDictionary(s => s.Member, s => s.Score);
        foreach (var member in _copy.Farm.AllMembers)
        {
            members.Add(MemberTrace.Of(_copy.Farm, member, query, Tier, scores?.GetValueOrDefault(member), member == _chosen || (_isPinned && member.AsDeclared == _chosen)));
        }
        Members = members;
    }

    /// <summary>The other eligible members, the best score first.</summary>
    public IEnumerable<MemberTrace> RunnersUp()
    {
        var compared = Members.Where(m => m is { IsChosen: false, IsEligible: true, Score.Score: not null });
        return Pick?.LargestWins == true ? compared.OrderByDescending(m => m.Score!.Score) : compared.OrderBy(m => m.Score!.Score);
    }
}
