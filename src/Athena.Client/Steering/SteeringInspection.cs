using System.Buffers;
using System.Buffers.Text;
using System.Text;
using Athena.Engine.Steering;

namespace Athena.Client.Steering;

/// <summary>What a token says, for people to look at.</summary>
/// <param name="Result">`unverified` when no key was given; otherwise the service's word for it, such as `ok`, `bad_signature`, `expired`; `oversized`, `malformed` or `algorithm` in both cases.</param>
/// <param name="Header">Its header as JSON; null when it is no text.</param>
/// <param name="Payload">Its claims as JSON; null when they are no text.</param>
/// <param name="Claims">Its claims as the service reads them; null when it is no steering token, or not this key's.</param>
/// <remarks>Farms and their allow lists are the service's to judge: a token that is `ok` here may be foreign there.</remarks>
public sealed record SteeringInspection(string Result, string? Header, string? Payload, SteeringClaims? Claims)
{
    /// <summary>Reads a token without asking who signed it.</summary>
    public static SteeringInspection Of(string token)
    {
        ArgumentNullException.ThrowIfNull(token);
        var verdict = SteeringReader.ReadUnverified(token, out var claims);
        return Of(token, verdict == SteeringVerdict.Followed ? "unverified" : WordOf(verdict), claims);
    }

    /// <summary>Reads a token and checks signature and time as a service with this key and the default limits does.</summary>
    public static SteeringInspection Of(string token, SteeringSigner signer)
    {
        ArgumentNullException.ThrowIfNull(token);
        ArgumentNullException.ThrowIfNull(signer);
        var verifier = new SteeringVerifier(signer.Time);
        verifier.Use(new SteeringSettings { Keys = [signer.Key] });
        return Of(token, WordOf(verifier.Verify(token, out var claims)), claims);
    }

    private static SteeringInspection Of(string token, string result, SteeringClaims? claims)
    {
        var parts = token.Length <= SteeringReader.MaxLength ? token.Split('.') : [];
        return new SteeringInspection(result, Text(parts.ElementAtOrDefault(0)), Text(parts.ElementAtOrDefault(1)), claims);
    }

    private static string WordOf(SteeringVerdict verdict) => new SteeringOutcome(verdict, null, null).Word;

    private static string? Text(string? part)
    {
        var bytes = new byte[part?.Length ?? 0];
        return part is not null && Base64Url.IsValid(part) && Base64Url.DecodeFromChars(part, bytes, out _, out var length) == OperationStatus.Done
            && System.Text.Unicode.Utf8.IsValid(bytes.AsSpan(0, length)) ? Encoding.UTF8.GetString(bytes, 0, length) : null;
    }
}
