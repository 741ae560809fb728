using Athena.Engine.Steering;

namespace Athena.Client.Steering;

/// <summary>By what steering tokens are judged in this process while the service is away: the same as the service has under `Athena:Steering`.</summary>
public sealed class SteeringRules
{
    /// <summary>Keys by their ids (`kid`). Default none: tokens are ignored.</summary>
    public IReadOnlyDictionary<string, SteeringKeyOptions> Keys { get; init; } = new Dictionary<string, SteeringKeyOptions>();

    /// <summary>Longest lifetime a token may have. Default 24 h.</summary>
    public TimeSpan LongestLifetime { get; init; } = TimeSpan.FromHours(24);

    /// <summary>How far the clocks of those who mint may be from ours. Default 60 s.</summary>
    public TimeSpan Skew { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>As the engine takes them.</summary>
    /// <exception cref="InvalidDataException">A secret is not acceptable.</exception>
    /// <exception cref="ArgumentException">An id of a key is none.</exception>
    internal SteeringSettings ToSettings() => new()
    {
        Keys = [.. Keys.Select(k => new SteeringKey(k.Key, k.Value.Read(), k.Value.Farms))],
        LongestLifetime = LongestLifetime,
        Skew = Skew,
    };
}
