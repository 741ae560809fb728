using Athena.Engine.Farms;
using Athena.Engine.Policies;
using Athena.V1;

namespace Athena.Service.Tests.Contract;

/// <summary>Works out again, from nothing but an explanation, which server it must have been: docs/explain.md, rule by rule.</summary>
internal sealed class Reckoning
{
    private readonly Explanation _told;
    private readonly MemberExplanation[] _members;
    private readonly Queue<PickStep> _steps;

    private Reckoning(Explanation told)
    {
        _told = told;
        _members = [.. told.Members.Where(m => m.Compared)];
        _steps = new Queue<PickStep>(told.Steps.Where(s => s.Purpose != "tier"));
    }

    /// <summary>The member chosen; null when the rule says that nobody was.</summary>
    public static string? ServerOf(Explanation told) => new Reckoning(told).Server();

    /// <summary>SplitMix64: draw k of a seed.</summary>
    public static ulong Split(ulong seed, uint k)
    {
        var z = unchecked(seed + ((k + 1) * 0x9E3779B97F4A7C15UL));
        z = unchecked((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9UL);
        z = unchecked((z ^ (z >> 27)) * 0x94D049BB133111EBUL);
        return z ^ (z >> 31);
    }

    private static double Unit(ulong bits) => (bits >> 11) / 9007199254740992.0;

    private string? Server()
    {
        switch (_told.Rule)
        {
            case "none":
                return null;
            case "pinned" or "steered":
                return _told.Members.Single(m => m.Chosen).Server;
            case "weight":
                return ByWeight("first", k: 0);
            case "best":
                return Best(_members).Server;
            case "two_choices":
                return TwoChoices();
            case "best_of_some":
                return BestOfSome();
            case "proportional":
                return Proportional();
            case "turn":
                return _members[(int)(Turn() % (ulong)_members.Length)].Server;
            case "smooth_cycle":
                return SmoothCycle(Turn());
            case "stride":
                return Stride((uint)Turn());
            case "share_of_turn":
                return AtPoint(Unit(unchecked(Turn() * 0x9E3779B97F4A7C15UL)));
            case "hash":
                return Hash();
            case "hot_cold":
                return HotCold();
            default:
                throw new InvalidOperationException($"no rule '{_told.Rule}'");
        }
    }

    private PickStep Next(string purpose, ulong bits)
    {
        var step = _steps.Dequeue();
        Assert.Equal((purpose, bits), (step.Purpose, step.Bits));
        return step;
    }

    private ulong Turn() => Next("turn", _told.Seed).Bits;

    /// <summary>A draw by weight: equals by the high bits; else the alias table of the whole tier, or the running sum of those compared.</summary>
    private string ByWeight(string purpose, uint k)
    {
        var bits = Split(_told.Seed, k);
        var step = Next(purpose, bits);
        var drawn = _members.All(m => m.Weight == _members[0].Weight) && (_told.WholeTier || IsTierOfEquals())
            ? _members[(int)Math.BigMul(bits, (ulong)_members.Length, out _)].Server
            : _told.WholeTier ? _members[new AliasTable([.. _members.Select(m => m.Weight)]).Pick(bits)].Server
            : AtPoint(Unit(bits));
        Assert.Equal(drawn, step.Server);
        return drawn;
    }

    /// <summary>Whether all members that the tier can pick have one weight: then a draw needs no weights.</summary>
    private bool IsTierOfEquals() => _told.Members.Where(m => m.Tier == _told.Tier && m.Weight > 0
        && (m.Eligible || m.StandIn.Length > 0 || m.Causes.All(c => c.Kind is V1.CauseKind.Full || (_told.Panicked && c.Kind is not (V1.CauseKind.Off or V1.CauseKind.Drain)))))
        .Select(m => m.Weight).Distinct().Count() == 1;

    private string AtPoint(double point)
    {
        var left = point * _members.Sum(m => m.Weight);
        foreach (var member in _members)
        {
            left -= member.Weight;
            if (left < 0)
            {
                return member.Server;
            }
        }
        return _members[^1].Server;
    }

    /// <summary>The least score; equals in their order, each taking the place of the one before with its part of their weight.</summary>
    private MemberExplanation Best(IReadOnlyList<MemberExplanation> members)
    {
        var least = members.Min(m => m.Score);
        MemberExplanation? best = null;
        if (_steps.Count > 0 && _steps.Peek().Purpose == "equals")
        {
            var equals = members.Where(m => m.Score == least).ToArray();
            var left = Unit(Next("equals", Split(_told.Seed, 64)).Bits) * equals.Sum(m => m.Weight);
            return equals.FirstOrDefault(m => (left -= m.Weight) < 0) ?? equals[^1];
        }
        var (weight, k) = (0.0, 64U);
        foreach (var member in members.Where(m => m.Score == least))
        {
            weight += member.Weight;
            if (best is null)
            {
                best = member;
            }
            else
            {
                var step = Next("tie", Split(_told.Seed, k++));
                Assert.Equal(member.Server, step.Server);
                best = Unit(step.Bits) * weight < member.Weight ? member : best;
            }
        }
        return best!;
    }

    private MemberExplanation Of(string server) => _members.Single(m => m.Server == server);

    private string Other(string first, uint k)
    {
        var place = Array.FindIndex(_members, m => m.Server == first);
        var bits = Split(_told.Seed, k);
        var other = _members[(place + 1 + (int)Math.BigMul(bits, (ulong)(_members.Length - 1), out _)) % _members.Length].Server;
        Assert.Equal(other, Next("other", bits).Server);
        return other;
    }

    private string TwoChoices()
    {
        var first = ByWeight("first", 0);
        if (_members.Length == 1 || (_told.HasThreshold && Unit(Next("beta", Split(_told.Seed, 3)).Bits) >= _told.Threshold))
        {
            return first;
        }
        var second = ByWeight("second", 1);
        second = second == first ? Other(first, 2) : second;
        return Of(second).Score < Of(first).Score ? second : first;
    }

    private string BestOfSome()
    {
        var best = ByWeight("first", 0);
        for (var k = 1U; _steps.Count > 0; k++)
        {
            var next = ByWeight("second", k);
            next = next == best ? Other(best, 64 + k) : next;
            var isBusy = Of(next).InFlight > 0 || Of(best).InFlight > 0;
            best = Of(next).Score < Of(best).Score && isBusy ? next : best;
        }
        return best;
    }

    private string Proportional()
    {
        for (var k = 0U; _steps.Count > 0 && _steps.Peek().Purpose == "first"; k++)
        {
            var drawn = ByWeight("first", 2 * k);
            var accept = Next("accept", Split(_told.Seed, (2 * k) + 1));
            if (Unit(accept.Bits) * Math.Max(_told.Threshold, Of(drawn).Score * Of(drawn).Weight) < _told.Threshold)
            {
                return drawn;
            }
        }
        var (picked, total) = ("", 0.0);
        for (var i = 0U; i < _members.Length; i++)
        {
            var member = _members[i];
            var worth = member.Weight / Math.Max(_told.Threshold, member.Score * member.Weight);
            total += worth;
            picked = Unit(Next("share", Split(_told.Seed, 64 + i)).Bits) * total < worth ? member.Server : picked;
        }
        return picked;
    }

    private string SmoothCycle(ulong turn)
    {
        var divisor = _members.Aggregate(0UL, (a, m) => Divisor(a, (ulong)m.Weight));
        var weights = Array.ConvertAll(_members, m => (long)((ulong)m.Weight / divisor));
        var (counters, total) = (new long[weights.Length], weights.Sum());
        var best = 0;
        for (var step = 0UL; step <= turn % (ulong)total; step++)
        {
            best = 0;
            for (var i = 0; i < weights.Length; i++)
            {
                counters[i] += weights[i];
                best = counters[i] > counters[best] ? i : best;
            }
            counters[best] -= total;
        }
        return _members[best].Server;
    }

    private static ulong Divisor(ulong a, ulong b) => b == 0 ? a : Divisor(b, a % b);

    private string Stride(uint turn)
    {
        const ulong K = 65535;
        var mean = _members.Average(m => m.Weight);
        var largest = Math.Min(_members.Max(m => m.Weight), 10 * mean);
        var scaledMean = Math.Round(K / largest * mean, MidpointRounding.AwayFromZero);
        var least = Math.Max(1, Math.Round(scaledMean / 100, MidpointRounding.AwayFromZero));
        var weights = Array.ConvertAll(_members, m => (ulong)Math.Clamp(Math.Round(Math.Min(m.Weight, largest) * (K / largest), MidpointRounding.AwayFromZero), least, K));
        for (; ; turn++)
        {
            var (generation, i) = Math.DivRem(turn, (uint)weights.Length);
            if (((weights[i] * generation) + (i * (K / 2))) % K >= K - weights[i])
            {
                return _members[i].Server;
            }
        }
    }

    private string Hash()
    {
        var key = _told.Key;
        var step = Next("key", key);
        var first = Array.FindIndex(_members, m => m.Server == step.Server);
        // Above 16 members the slots of the tier decide: a function of their names and weights.
        var expected = _members[0].HasScore ? Array.FindIndex(_members, m => m.Score == _members.Max(o => o.Score))
            : new MaglevTable([.. _members.Select(m => m.Server)], [.. _members.Select(m => m.Weight)]).Pick(key);
        Assert.Equal(expected, first);
        if (Fullness(first) <= 1)
        {
            return _members[first].Server;
        }
        var (n, bits) = (_members.Length, Split(key, 1));
        var place = (int)((uint)bits % (uint)n);
        var stride = n == 1 ? 1 : 1 + (int)((uint)(bits >> 32) % (uint)(n - 1));
        while (Divisor((ulong)stride, (ulong)n) != 1)
        {
            stride = stride == n - 1 ? 1 : stride + 1;
        }
        var least = first;
        for (var k = 0; k < n && Fullness(place) > 1; k++, place = (int)(((long)place + stride) % n))
        {
            least = Fullness(place) < Fullness(least) ? place : least;
        }
        return _members[Fullness(place) <= 1 ? place : least].Server;
    }

    private double Fullness(int place) => _members[place].Terms.SingleOrDefault(t => t.Name == "slots") is { } slots ? _members[place].InFlight / slots.Value : 0;

    private string HotCold()
    {
        var probed = _members.Where(m => m.HasScore).ToArray();
        while (_steps.Count > 0 && _steps.Peek().Purpose == "probe")
        {
            Assert.Contains(_steps.Dequeue().Server, probed.Select(m => m.Server));
        }
        var cold = probed.Where(m => m.InFlight / m.Weight <= _told.Threshold).ToArray();
        return Best(cold.Length > 0 ? cold : probed).Server;
    }
}
