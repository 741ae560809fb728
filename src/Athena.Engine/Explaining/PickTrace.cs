using Athena.Engine.Farms;
using Athena.Engine.Policies;

namespace Athena.Engine.Explaining;

/// <summary>How one pick came to its choice, as its policy tells it. Places are those of <see cref="PickContext.Members"/>.</summary>
public sealed class PickTrace
{
    private readonly Member[] _members;
    private readonly RefreshTime _now;
    private readonly List<PickStep> _steps = [];
    private readonly MemberScore[] _scores;

    internal PickTrace(in PickContext context, RefreshTime now)
    {
        _members = context.Members.ToArray();
        _scores = [.. _members.Select(m => new MemberScore { Weight = m.EffectiveWeight })];
        _now = now;
    }

    /// <summary>How the choice follows from weights, scores and draws, by a name that docs/explain.md has.</summary>
    public string Rule { get; set; } = "other";

    /// <summary>Whether the largest score wins; otherwise the least.</summary>
    public bool LargestWins { get; set; }

    /// <summary>The number that scores are measured by; null: none.</summary>
    public double? Threshold { get; set; }

    /// <summary>What hashing went by; null: it did not.</summary>
    public ulong? Key { get; set; }

    /// <summary>The draws, in order.</summary>
    public IReadOnlyList<PickStep> Steps => _steps;

    /// <summary>The members compared, each with what was made of it.</summary>
    public IEnumerable<(Member Member, MemberScore Score)> Scores => _members.Zip(_scores);

    /// <summary>A member's score, for its weight, as it is compared.</summary>
    public void Score(int place, double score) => _scores[place].Score = score;

    /// <summary>A member's weight, where it is not <see cref="Member.EffectiveWeight"/>.</summary>
    public void Weight(int place, double weight) => _scores[place].Weight = weight;

    /// <summary>One part of a member's score.</summary>
    /// <param name="place">The member.</param>
    /// <param name="name">The statistic or built-in value.</param>
    /// <param name="value">Its value.</param>
    /// <param name="reportedAt">Timestamp of the value; null: it is always present.</param>
    /// <param name="coefficient">What the value is multiplied by; null: 1.</param>
    /// <param name="assumed">Whether it is not the member's own, but the group's usual one.</param>
    public void Term(int place, string name, double value, long? reportedAt = null, double? coefficient = null, bool assumed = false) =>
        _scores[place].Terms.Add(new TermValue(name, value, reportedAt is { } at ? Age(_now.SecondsSince(at)) : null, coefficient, assumed));

    /// <summary>A draw.</summary>
    /// <param name="purpose">What for.</param>
    /// <param name="bits">What was drawn.</param>
    /// <param name="place">The member that it led to, or was drawn for; -1: none.</param>
    public void Step(string purpose, ulong bits, int place = -1) => _steps.Add(new PickStep(purpose, bits, place < 0 ? null : _members[place]));

    /// <summary>That a member had more than its share.</summary>
    internal void OverShare(int place) => _scores[place].OverShare = true;

    /// <summary>A term whose age is known in monotonic seconds; NaN: it has none.</summary>
    internal void TermSince(int place, string name, double value, double second, bool assumed) =>
        _scores[place].Terms.Add(new TermValue(name, value, double.IsNaN(second) ? null : Age((_now.Timestamp / (double)_now.Frequency) - second), null, assumed));

    /// <summary>A term whose age is known in seconds; null: it has none.</summary>
    internal void TermAged(int place, string name, double value, double? seconds) =>
        _scores[place].Terms.Add(new TermValue(name, value, seconds is { } age ? Age(age) : null, null, IsAssumed: false));

    /// <summary>A draw by weight.</summary>
    internal int Drawn(in PickContext context, AliasTable? draws, ulong bits, string purpose)
    {
        var place = WeightedDraw.Pick(context, draws, bits);
        Step(purpose, bits, place);
        return place;
    }

    private static TimeSpan Age(double seconds) => TimeSpan.FromSeconds(Math.Clamp(seconds, 0, 1e9));
}

/// <summary>One draw of a pick; <paramref name="Member"/> is where it led, null: nowhere.</summary>
public sealed record PickStep(string Purpose, ulong Bits, Member? Member);

/// <summary>What a policy made of one member.</summary>
public sealed class MemberScore
{
    /// <summary>Its score, for its weight; null: the policy has none.</summary>
    public double? Score { get; internal set; }

    /// <summary>The weight that counted.</summary>
    public double Weight { get; internal set; }

    /// <summary>Whether it had more than its share since its last report.</summary>
    public bool OverShare { get; internal set; }

    /// <summary>What the score is made of.</summary>
    public List<TermValue> Terms { get; } = [];
}

/// <summary>One part of a score. No age: always present. No coefficient: 1.</summary>
public sealed record TermValue(string Name, double Value, TimeSpan? Age, double? Coefficient, bool IsAssumed);
