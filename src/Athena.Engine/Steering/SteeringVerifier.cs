using System.Collections.Frozen;
using Athena.Engine.Farms;

namespace Athena.Engine.Steering;

/// <summary>Judges tokens by the settings in force. Safe from any thread; no lock; a token seen before allocates nothing.</summary>
/// <param name="time">The wall clock: tokens end by it.</param>
public sealed class SteeringVerifier(TimeProvider time)
{
    private volatile Generation _current = new(SteeringSettings.None);

    /// <summary>What is in force.</summary>
    public SteeringSettings Settings => _current.Settings;

    /// <summary>Puts other settings in force, for every token looked at from now on; what was verified before is forgotten.</summary>
    public void Use(SteeringSettings settings)
    {
        ArgumentNullException.ThrowIfNull(settings);
        if (!_current.Settings.IsSameAs(settings))
        {
            _current = new Generation(settings);
        }
    }

    /// <summary>Whether a token is good now, whatever its farm. Expiry is looked at each time.</summary>
    /// <param name="token">The token.</param>
    /// <param name="claims">What it says; null unless its signature is good.</param>
    /// <returns>Followed when it is good.</returns>
    public SteeringVerdict Verify(string token, out SteeringClaims? claims)
    {
        ArgumentNullException.ThrowIfNull(token);
        var generation = _current;
        var (settings, now) = (generation.Settings, time.GetUtcNow());
        claims = generation.Cache.Find(token);
        if (claims is not null)
        {
            return claims.At(now, settings.Skew, settings.LongestLifetime);
        }
        var verdict = SteeringReader.Read(token, generation.FindKey, out claims);
        if (verdict != SteeringVerdict.Followed)
        {
            return verdict;
        }
        verdict = claims!.At(now, settings.Skew, settings.LongestLifetime);
        if (verdict == SteeringVerdict.Followed)
        {
            generation.Cache.Add(token, claims, now);
        }
        return verdict;
    }

    /// <summary>How many verified tokens are kept.</summary>
    internal int Kept => _current.Cache.Count;

    /// <summary>One set of keys and what was verified by it: a key that is retired takes its tokens with it.</summary>
    private sealed class Generation
    {
        private readonly FrozenDictionary<string, SteeringKey> _keys;

        public Generation(SteeringSettings settings)
        {
            Settings = settings;
            _keys = settings.Keys.ToFrozenDictionary(k => k.Id, EntityName.Comparer);
            FindKey = id => _keys.GetValueOrDefault(id);
        }

        public SteeringSettings Settings { get; }

        public Func<string, SteeringKey?> FindKey { get; }

        public TokenCache Cache { get; } = new();
    }
}
