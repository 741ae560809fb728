using Athena.Engine.Explaining;
using Athena.Engine.Farms;

namespace Athena.Engine.Policies;

/// <summary>Sends equal keys to the same member while members stay, and none more than its part when one key is asked for by all.</summary>
/// <remarks>
/// Up to 16 members: weighted rendezvous, the largest −weight/ln(u), u = hash(member, key) in (0,1) (Thaler and Ravishankar 1998; Schindelhauer and
/// Schomaker 2005). More: <see cref="MaglevTable"/>. Filtered members, as for a retry: rendezvous, O(n).
/// Bounded load, by leases: slots = max(1, ceil(floor(((A + 1)·c + 99)/100)·share)), A in flight in all; a member is passed over while it has more
/// in flight than slots, then the others are tried in an order that the key decides; when all are over, the least of in flight/slots. Source:
/// Envoy, thread_aware_lb_impl.cc. Without a key the seed is hashed: a random pick by weight. O(1) while nobody is over.
/// </remarks>
internal sealed class ConsistentHashPolicy : IBalancingPolicy
{
    /// <summary>Largest group for rendezvous.</summary>
    private const int LargestRendezvous = 16;

    private const uint OrderDraw = 1;
    private const double DefaultLoadFactor = 150;

    public string Name => "consistent_hash";

    public object? ReadOptions(PolicyParameters parameters)
    {
        var factor = parameters.Number("LoadFactor", DefaultLoadFactor, 0, 100_000);
        if (factor is > 0 and < 100)
        {
            parameters.Fault("LoadFactor", "is in percent of the average: 0 (no bound), or 100 and more");
        }
        return new ConsistentHashOptions(factor);
    }

    public object? Prepare(PolicySetup setup) => new HashTable(
        setup.Members.Count > LargestRendezvous ? new MaglevTable(setup.Members) : null,
        [.. setup.Members.Select(m => HashKey.OfName(m.Declared.Name))],
        setup.Members.Sum(m => (double)m.Weight),
        [.. setup.Members]);

    public int Pick(in PickContext context)
    {
        var table = (HashTable)context.Prepared!;
        var key = context.Key ?? Draw.Bits(context.Seed);
        var first = context.IsWhole && table.Maglev is { } maglev ? maglev.Pick(key) : Rendezvous(context, table, key);
        var factor = ((ConsistentHashOptions)context.Options!).LoadFactor;
        if (factor == 0 || context.Members[first].Counters.InFlight == 0)
        {
            return first;
        }
        var bound = new Bound(Math.Max(context.InFlight, table.InFlight), factor, table.Weight);
        return bound.Fullness(context.Members[first]) <= 1 ? first : Next(context, key, first, bound);
    }

    /// <summary>Most in flight for a member with this share of the farm's weight.</summary>
    internal static long Slots(long inFlight, double percent, double share) =>
        (long)Math.Max(1, Math.Ceiling(Math.Floor((((inFlight + 1) * percent) + 99) / 100) * share));

    public void Explain(in PickContext context, PickTrace trace)
    {
        var table = (HashTable)context.Prepared!;
        var key = context.Key ?? Draw.Bits(context.Seed);
        (trace.Rule, trace.Key, trace.LargestWins) = ("hash", key, true);
        var isMaglev = context.IsWhole && table.Maglev is not null;
        var first = isMaglev ? table.Maglev!.Pick(key) : Rendezvous(context, table, key);
        trace.Step("key", key, first);
        var factor = ((ConsistentHashOptions)context.Options!).LoadFactor;
        var bound = new Bound(Math.Max(context.InFlight, table.InFlight), factor, table.Weight);
        for (var i = 0; i < context.Members.Length; i++)
        {
            var member = context.Members[i];
            trace.Weight(i, member.Weight);
            if (!isMaglev)
            {
                trace.Score(i, RendezvousScore(member, table, key));
            }
            trace.Term(i, "in_flight", member.Server.Cells.InFlight);
            if (factor > 0)
            {
                trace.Term(i, "slots", bound.SlotsOf(member));
            }
        }
        if (Pick(context) is var chosen && chosen != first)
        {
            trace.Step("order", Draw.Bits(key, OrderDraw), chosen);
        }
    }

    private static double RendezvousScore(Member member, HashTable table, ulong key)
    {
        var point = ((Draw.Bits(table.Names[member.Index] ^ key) >> 12) + 0.5) * (1.0 / (1UL << 52));
        return -member.Weight / Math.Log(point);
    }

    private static int Rendezvous(in PickContext context, HashTable table, ulong key)
    {
        var (best, bestScore) = (0, double.NegativeInfinity);
        for (var i = 0; i < context.Members.Length; i++)
        {
            var score = RendezvousScore(context.Members[i], table, key);
            if (score > bestScore)
            {
                (best, bestScore) = (i, score);
            }
        }
        return best;
    }

    /// <summary>The others in the key's own order: a stride through all of them from a place, both drawn from the key.</summary>
    private static int Next(in PickContext context, ulong key, int first, in Bound bound)
    {
        var n = context.Members.Length;
        var bits = Draw.Bits(key, OrderDraw);
        var place = (int)((uint)bits % (uint)n);
        var stride = n == 1 ? 1 : 1 + (int)((uint)(bits >> 32) % (uint)(n - 1));
        while (GreatestCommonDivisor(stride, n) != 1)
        {
            stride = stride == n - 1 ? 1 : stride + 1;
        }
        var (least, leastFullness) = (first, bound.Fullness(context.Members[first]));
        for (var k = 0; k < n; k++)
        {
            var fullness = bound.Fullness(context.Members[place]);
            if (fullness <= 1)
            {
                return place;
            }
            if (fullness < leastFullness)
            {
                (least, leastFullness) = (place, fullness);
            }
            place = (int)(((long)place + stride) % n);
        }
        return least;
    }

    private static int GreatestCommonDivisor(int a, int b)
    {
        while (b != 0)
        {
            (a, b) = (b, a % b);
        }
        return a;
    }

    private readonly record struct Bound(long InFlight, double Percent, double Weight)
    {
        public double Fullness(Member member) => member.Counters.InFlight / (double)SlotsOf(member);

        public long SlotsOf(Member member) => Slots(InFlight, Percent, member.Weight / Weight);
    }

    private sealed record ConsistentHashOptions(double LoadFactor);

    private sealed class HashTable(MaglevTable? maglev, ulong[] names, double weight, Member[] members) : IRefreshed, ICopied
    {
        private long _inFlight;

        public MaglevTable? Maglev => maglev;

        public ulong[] Names => names;

        public double Weight => weight;

        /// <summary>In flight on these servers over all their farms: now for a few, at the last refresh for many.</summary>
        /// <remarks>A farm that shares its servers with a busier one would else find them over its own small part for ever.</remarks>
        public long InFlight => maglev is null ? Count() : Volatile.Read(ref _inFlight);

        public object CopyFor(IReadOnlyList<Member> copies) => new HashTable(maglev, names, weight, [.. copies]) { _inFlight = Volatile.Read(ref _inFlight) };

        public void Refresh(in RefreshTime time)
        {
            if (maglev is not null)
            {
                Volatile.Write(ref _inFlight, Count());
            }
        }

        private long Count()
        {
            var sum = 0L;
            foreach (var member in members)
            {
                sum += member.Counters.InFlight;
            }
            return sum;
        }
    }
}
