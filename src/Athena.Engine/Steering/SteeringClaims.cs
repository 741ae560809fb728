using Athena.Engine.Farms;

namespace Athena.Engine.Steering;

/// <summary>What a token says. Safe from any thread.</summary>
public sealed class SteeringClaims
{
    private volatile SteeringOutcome? _last;

    internal SteeringClaims(string keyId, SteeringKey? key, IReadOnlyList<string> audience, SteeringAction action, string subject, PriorityClass? priority, DateTimeOffset expires)
    {
        (KeyId, Key, Audience, Action, Subject, Priority, Expires) = (keyId, key, audience, action, subject, priority, expires);
    }

    /// <summary>Id of the key that signed it (`kid`).</summary>
    public string KeyId { get; }

    /// <summary>Farms that it is for (`aud`).</summary>
    public IReadOnlyList<string> Audience { get; }

    /// <summary>What it asks for (`act`).</summary>
    public SteeringAction Action { get; }

    /// <summary>The farm to go to or the server to stay with (`sub`).</summary>
    public string Subject { get; }

    /// <summary>Priority class of its questions (`pri`); null: as each question says.</summary>
    public PriorityClass? Priority { get; }

    /// <summary>When it ends (`exp`).</summary>
    public DateTimeOffset Expires { get; }

    /// <summary>When it begins (`nbf`); null: at once.</summary>
    public DateTimeOffset? NotBefore { get; internal init; }

    /// <summary>When it was minted (`iat`); null: unknown.</summary>
    public DateTimeOffset? IssuedAt { get; internal init; }

    /// <summary>The key; null when it was not looked for.</summary>
    internal SteeringKey? Key { get; }

    /// <summary>The outcome of a decision by this token: the last one again when it is the same, so that a token that is kept allocates nothing.</summary>
    internal SteeringOutcome Outcome(SteeringVerdict verdict, string farm) => _last is { } last && last.Verdict == verdict && ReferenceEquals(last.Farm, farm)
        ? last
        : _last = new SteeringOutcome(verdict, farm, this);

    /// <summary>Whether it and its key are for this farm.</summary>
    internal bool IsFor(string farm)
    {
        if (Key is null || !Key.IsFor(farm))
        {
            return false;
        }
        for (var i = 0; i < Audience.Count; i++)
        {
            if (EntityName.Comparer.Equals(Audience[i], farm))
            {
                return true;
            }
        }
        return false;
    }

    /// <summary>Followed when its time is now; otherwise Expired, NotYetValid or Lifetime.</summary>
    /// <remarks>The whole lifetime counts from `iat`; without it, from now: then a token that lasts too long is good towards its end.</remarks>
    internal SteeringVerdict At(DateTimeOffset now, TimeSpan skew, TimeSpan longest)
    {
        if (now - Expires >= skew)
        {
            return SteeringVerdict.Expired;
        }
        if (NotBefore - now > skew || IssuedAt - now > skew)
        {
            return SteeringVerdict.NotYetValid;
        }
        var lasts = IssuedAt is { } issued ? Expires - issued : Expires - now - skew;
        return lasts > longest ? SteeringVerdict.Lifetime : SteeringVerdict.Followed;
    }
}
