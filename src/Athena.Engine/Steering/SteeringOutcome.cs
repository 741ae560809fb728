using System.Globalization;
using System.Text;

namespace Athena.Engine.Steering;

/// <summary>What became of a question's token, for answers, metrics and explanations. It never holds the token itself.</summary>
/// <param name="Verdict">What became of it.</param>
/// <param name="Farm">Name of the farm asked for; null when there was no token.</param>
/// <param name="Claims">What it says; null unless its signature is good.</param>
/// <remarks>One reference in a decision: each further field there costs the decisions without token, too.</remarks>
public sealed record SteeringOutcome(SteeringVerdict Verdict, string? Farm, SteeringClaims? Claims)
{
    /// <summary>There was no token.</summary>
    public static SteeringOutcome None { get; } = new(SteeringVerdict.None, null, null);

    /// <summary>Whether it changed the decision.</summary>
    public bool IsFollowed => Verdict == SteeringVerdict.Followed;

    /// <summary>One word for it: one of a fixed set.</summary>
    public string Word => Verdict switch
    {
        SteeringVerdict.None => "none",
        SteeringVerdict.Followed => "ok",
        SteeringVerdict.Oversized => "oversized",
        SteeringVerdict.Malformed => "malformed",
        SteeringVerdict.Algorithm => "algorithm",
        SteeringVerdict.UnknownKey => "unknown_key",
        SteeringVerdict.BadSignature => "bad_signature",
        SteeringVerdict.Expired => "expired",
        SteeringVerdict.NotYetValid => "not_yet_valid",
        SteeringVerdict.Lifetime => "lifetime",
        SteeringVerdict.Foreign => "foreign",
        SteeringVerdict.NotAllowed => "not_allowed",
        SteeringVerdict.UnknownServer => "unknown_server",
        _ => "unavailable",
    };

    /// <summary>In words, for an explanation; empty when there was no token.</summary>
    public override string ToString()
    {
        if (Verdict == SteeringVerdict.None)
        {
            return "";
        }
        var text = new StringBuilder(IsFollowed ? "followed" : "ignored");
        text.Append(CultureInfo.InvariantCulture, $" ({Word}): {Reason}");
        if (Claims is { } claims)
        {
            text.Append(CultureInfo.InvariantCulture, $"; {Wish(claims)} {claims.Subject}, for {string.Join(", ", claims.Audience)}, key {claims.Key?.Id ?? claims.KeyId}, until {claims.Expires:yyyy-MM-ddTHH:mm:ssZ}");
            if (claims.Priority is { } priority)
            {
                text.Append(CultureInfo.InvariantCulture, $", priority {priority.ToString().ToLowerInvariant()}");
            }
        }
        return text.ToString();
    }

    private string Reason => Verdict switch
    {
        SteeringVerdict.Followed => "the decision is the token's",
        SteeringVerdict.Oversized => $"longer than {SteeringReader.MaxLength} characters",
        SteeringVerdict.Malformed => "not a steering token in the form that is read",
        SteeringVerdict.Algorithm => "its algorithm is not HS256",
        SteeringVerdict.UnknownKey => "no key of its key id is valid",
        SteeringVerdict.BadSignature => "the signature is wrong",
        SteeringVerdict.Expired => "its time is over",
        SteeringVerdict.NotYetValid => "its time has not come",
        SteeringVerdict.Lifetime => "it lasts longer than is accepted",
        SteeringVerdict.Foreign => $"it or its key is not for {Farm}",
        SteeringVerdict.NotAllowed => $"{Farm} does not let it go there",
        SteeringVerdict.UnknownServer => $"its server is no member of {Farm}",
        _ => "what it names cannot serve this question; the decision is a normal one",
    };

    private static string Wish(SteeringClaims claims) => claims.Action switch
    {
        SteeringAction.Go => "go to",
        SteeringAction.Stick => "stick to",
        _ => "safely stay with",
    };
}
