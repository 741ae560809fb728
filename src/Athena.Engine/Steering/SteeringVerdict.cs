namespace Athena.Engine.Steering;

/// <summary>What became of a question's steering token. A token that is not followed is ignored: the decision is as without it.</summary>
public enum SteeringVerdict
{
    /// <summary>There was none.</summary>
    None,

    /// <summary>It was followed.</summary>
    Followed,

    /// <summary>Longer than <see cref="SteeringReader.MaxLength"/>; not looked at.</summary>
    Oversized,

    /// <summary>Not a JWS in the one spelling, or its claims are not those of a steering token.</summary>
    Malformed,

    /// <summary>Its header names another algorithm than HS256, or none.</summary>
    Algorithm,

    /// <summary>Its header names no key, or one that is not valid here.</summary>
    UnknownKey,

    /// <summary>The signature is not the key's.</summary>
    BadSignature,

    /// <summary>Its time is over.</summary>
    Expired,

    /// <summary>Its time has not come.</summary>
    NotYetValid,

    /// <summary>It would be valid for longer than is accepted.</summary>
    Lifetime,

    /// <summary>It is for another farm, or its key is.</summary>
    Foreign,

    /// <summary>It goes to a farm that its own does not let it go to.</summary>
    NotAllowed,

    /// <summary>It names a server that is no member of its farm.</summary>
    UnknownServer,

    /// <summary>Good, but what it names cannot serve this question.</summary>
    Unavailable,
}
