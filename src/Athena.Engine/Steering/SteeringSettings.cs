using System.Collections.Immutable;

namespace Athena.Engine.Steering;

/// <summary>By what tokens are judged.</summary>
public sealed class SteeringSettings
{
    /// <summary>No key: no token is good.</summary>
    public static SteeringSettings None { get; } = new();

    /// <summary>Keys that are valid now; each id once.</summary>
    public ImmutableArray<SteeringKey> Keys { get; init; } = [];

    /// <summary>Longest lifetime a token may have.</summary>
    public TimeSpan LongestLifetime { get; init; } = TimeSpan.FromHours(24);

    /// <summary>How far the clocks of those who mint may be from ours.</summary>
    public TimeSpan Skew { get; init; } = TimeSpan.FromSeconds(60);

    internal bool IsSameAs(SteeringSettings other) =>
        LongestLifetime == other.LongestLifetime && Skew == other.Skew && Keys.Length == other.Keys.Length
        && Keys.All(k => other.Keys.Any(o => k.IsSameAs(o)));
}
