using System.Runtime.CompilerServices;
using Athena.Engine.Farms;
using Athena.Engine.Leases;
using Athena.Engine.Policies;
using Athena.Engine.Steering;

namespace Athena.Engine;

/// <summary>Decides: finds the farm, steers, gates, picks among the eligible, follows forwards, opens the lease.</summary>
/// <remarks>Reads one snapshot and the cells that hang from it. No lock; nothing is allocated unless a forward is followed.</remarks>
public sealed partial class Balancer(SnapshotHolder snapshots, LeaseTable leases, SteeringVerifier? steering = null)
{
    /// <summary>How often a sampling policy draws again before the members are filtered.</summary>
    internal const int Redraws = 4;

    internal const uint TierDraw = 63;

    /// <summary>Most excluded servers for which nothing is allocated.</summary>
    private const int HashesOnStack = 64;

    [ThreadStatic]
    private static Member[]? _scratch;

    /// <summary>The answer to a question, by the present snapshot.</summary>
    public Decision Decide(in BalanceQuery query)
    {
        var snapshot = snapshots.Current;
        if (snapshot.FindFarm(query.Farm) is not { } farm)
        {
            return new Decision { Kind = DecisionKind.FarmNotFound, Snapshot = snapshot };
        }
        return query.Steering is null ? DecideFrom(snapshot, farm, query) : DecideSteered(snapshot, farm, query);
    }

    /// <summary>Decides in a farm, or where its forwards lead.</summary>
    /// <remarks>Inlined: a decision is too large to be handed through one call more at no cost.</remarks>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private Decision DecideFrom(Snapshot snapshot, Farm farm, in BalanceQuery query)
    {
        ForwardHop? hop = null;
        for (var depth = 0; ; depth++)
        {
            var decision = DecideIn(snapshot, farm, query, hop);
            if (decision.Kind == DecisionKind.Chosen || ForwardOf(farm, decision.Kind, out var reason) is not { } target)
            {
                return decision;
            }
            hop = new ForwardHop(farm.Name, target.Text, reason, hop);
            if (depth >= SnapshotCompiler.MaxForwardDepth)
            {
                return new Decision { Kind = DecisionKind.ForwardTooDeep, Snapshot = snapshot, Farm = farm, LastHop = hop };
            }
            if (target.IsUrl)
            {
                return new Decision { Kind = DecisionKind.ForwardedToUrl, Snapshot = snapshot, Farm = farm, Url = target.Text, LastHop = hop };
            }
            if (snapshot.FindFarm(target.Text) is not { } next)
            {
                return new Decision { Kind = DecisionKind.ForwardTooDeep, Snapshot = snapshot, Farm = farm, LastHop = hop };
            }
            farm = next;
        }
    }

    /// <summary>Servers to try after the one chosen, best first: further picks with those before excluded.</summary>
    public static IReadOnlyList<Member> Alternates(in Decision decision, in BalanceQuery query, int count)
    {
        var found = new List<Member>();
        if (decision is not { Kind: DecisionKind.Chosen, Farm: { } farm, Member: { } first })
        {
            return found;
        }
        var exclude = new List<string>(query.Exclude ?? []) { first.Server.Name };
        for (var k = 1; k <= count; k++)
        {
            var further = query with { Exclude = exclude, Lease = null, PinnedServer = null, Seed = decision.Seed + (ulong)k };
            if (Pick(farm, further, out _) is not { } member)
            {
                break;
            }
            found.Add(member);
            exclude.Add(member.Server.Name);
        }
        return found;
    }

    /// <remarks>Inlined as above: called, it costs 12 ns more of 31.</remarks>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private Decision DecideIn(Snapshot snapshot, Farm farm, in BalanceQuery query, ForwardHop? hop)
    {
        var failed = new Decision { Snapshot = snapshot, Farm = farm, LastHop = hop };
        if (snapshot.Engine.State == AdminState.Off)
        {
            return failed with { Kind = DecisionKind.EngineOff };
        }
        if (farm.IsOff)
        {
            return failed with { Kind = DecisionKind.FarmOff };
        }
        if (!Capacity.EnterFarm(farm, query))
        {
            return failed with { Kind = DecisionKind.FarmOverCapacity };
        }
        while (true)
        {
            var pinned = (query.SteeredTo is null ? null : SteeredTo(farm, query)) ?? Pinned(farm, query);
            var seed = 0UL;
            if ((query.Trace is { } trace ? trace.PickFrom(farm, query, out seed, out pinned) : pinned ?? Pick(farm, query, out seed)) is not { } member)
            {
                Capacity.LeaveFarm(farm, query);
                return failed with { Kind = DecisionKind.NoAvailableMember };
            }
            var lease = 0UL;
            if (query.Lease is { } timeout)
            {
                if (!Capacity.EnterServer(member.Server, always: query.Sticks && pinned == query.SteeredTo))
                {
                    // Somebody else took the last place since the pick: pick again, now without this server.
                    continue;
                }
                lease = leases.OpenFor(member.Server.Cells, farm.Cells, farm.IsLimited, timeout, member.Outcomes);
                if (lease == 0)
                {
                    member.Server.Cells.Leave();
                    Capacity.LeaveFarm(farm, query);
                    return failed with { Kind = DecisionKind.TooManyLeases };
                }
            }
            member.HandOut(isLeased: lease != 0);
            return new Decision
            {
                Kind = DecisionKind.Chosen,
                Snapshot = snapshot,
                Farm = farm,
                Member = member,
                Lease = lease,
                // A pinned session's alternates are drawn from its seed: without one they would all go to the same server.
                Seed = pinned is null ? seed : query.Seed ?? (ulong)Random.Shared.NextInt64(),
                Pinned = pinned is not null,
                LastHop = hop,
            };
        }
    }

    private static ForwardTarget? ForwardOf(Farm farm, DecisionKind kind, out ForwardReason reason)
    {
        (var target, reason) = kind switch
        {
            DecisionKind.EngineOff => (farm.Definition.ForwardOff ?? farm.Definition.ForwardDown, ForwardReason.EngineOff),
            DecisionKind.FarmOff => (farm.Definition.ForwardOff ?? farm.Definition.ForwardDown, ForwardReason.FarmOff),
            DecisionKind.NoAvailableMember => (farm.Definition.ForwardDown, ForwardReason.NoAvailableMember),
            DecisionKind.FarmOverCapacity => (farm.Definition.ForwardDown, ForwardReason.FarmOverCapacity),
            _ => (null, default),
        };
        return target;
    }

    /// <summary>The member that the session is pinned to, if it may have it: available or draining, not excluded, with room.</summary>
    internal static Member? Pinned(Farm farm, in BalanceQuery query) =>
        query.PinnedServer is { } name && farm.FindMember(name) is { } member && MayStay(farm, member) && Eligibility.Of(member.AsDeclared, query) ? member.AsDeclared : null;

    private static bool MayStay(Farm farm, Member member) => member.EffectiveAdmin != AdminState.Off
        && (member.IsHealthy || (farm.IsPanicking && !member.IsStandIn));

    private static Member? Pick(Farm farm, in BalanceQuery query, out ulong seed)
    {
        var groups = farm.Groups;
        var sequence = farm.Policy.Seeds == SeedSource.Sequence && query.Seed is null ? farm.Cells : null;
        seed = query.Seed ?? (sequence is not null ? sequence.NextSequence() : (ulong)Random.Shared.NextInt64());
        if (groups.Length == 0)
        {
            return null;
        }
        if (groups.Length == 1)
        {
            return PickIn(farm, groups[0], query, seed, sequence);
        }
        var point = Draw.Unit(Draw.Bits(seed, TierDraw));
        var first = 0;
        while (first < groups.Length - 1 && point >= groups[first].CumulativeShare)
        {
            first++;
        }
        // The tier drawn, then the others from the top.
        for (var k = -1; k < groups.Length; k++)
        {
            if (k != first && PickIn(farm, groups[k < 0 ? first : k], query, seed, sequence) is { } member)
            {
                return member;
            }
        }
        return null;
    }

    private static Member? PickIn(Farm farm, PickGroup group, in BalanceQuery query, ulong seed, FarmCells? sequence)
    {
        var policy = farm.Policy;
        var looks = query.Filters || farm.HasLimits;
        var tries = looks && policy.IsSampling ? Redraws : 1;
        for (var k = 0; k < tries; k++)
        {
            var drawn = k == 0 ? seed : sequence?.NextSequence() ?? Redraw(policy, seed, k);
            var context = new PickContext(group.Array, isWhole: true, group.Prepared, farm.PolicyOptions, drawn, sequence, query.HashKey, farm.Cells, isCounted: query.Lease is not null);
            var member = group.Array[policy.Pick(context)];
            if (!looks || Eligibility.Of(member, query))
            {
                return member;
            }
        }
        // A fresh draw: the first one led to an ineligible member, and would favour those that have its place among the filtered.
        return PickFiltered(farm, group, query, sequence is null ? Redraw(policy, seed, Redraws) : sequence.NextSequence(), sequence);
    }

    /// <summary>Draw k of a given seed: a turn goes on to the next one, as the farm's counter does.</summary>
    internal static ulong Redraw(IBalancingPolicy policy, ulong seed, int k) =>
        policy.Seeds == SeedSource.Sequence ? seed + (ulong)k : Draw.Bits(seed, (uint)k);

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static Member? PickFiltered(Farm farm, PickGroup group, in BalanceQuery query, ulong seed, FarmCells? sequence)
    {
        var members = group.Array;
        var scratch = _scratch;
        if (scratch is null || scratch.Length < members.Length)
        {
            _scratch = scratch = new Member[Math.Max(64, members.Length)];
        }
        var excluded = query.Exclude?.Count ?? 0;
        var hashes = excluded <= HashesOnStack ? stackalloc int[excluded] : new int[excluded];
        Eligibility.Hash(query, hashes);
        var count = 0;
        foreach (var member in members)
        {
            if (Eligibility.Of(member, query, hashes))
            {
                scratch[count++] = member;
            }
        }
        Member? picked = null;
        if (count > 0)
        {
            var context = new PickContext(scratch.AsSpan(0, count), count == members.Length, group.Prepared, farm.PolicyOptions, seed, sequence, query.HashKey, farm.Cells, isCounted: query.Lease is not null);
            picked = scratch[farm.Policy.Pick(context)];
        }
        Array.Clear(scratch, 0, count);
        return picked;
    }
}
