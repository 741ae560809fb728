using Athena.Client.Steering;

namespace Microsoft.AspNetCore.Http;

/// <summary>Steering tokens in responses.</summary>
public static class SteeringResponses
{
    /// <summary>Has the browser send this token with its next requests: a cookie for the whole site, no script, by https alone where the request came by https.</summary>
    /// <param name="response">The response; its headers must not have been sent.</param>
    /// <param name="signer">Signs it.</param>
    /// <param name="token">The wish.</param>
    /// <param name="cookie">Name of the cookie: `Athena:Steering:Cookie` of the service, also with the prefix `__Host-`.</param>
    /// <exception cref="ArgumentException">The token cannot be signed, or the name is none for this request's cookie.</exception>
    public static void SetSteering(this HttpResponse response, SteeringSigner signer, SteeringToken token, string cookie = SteeringCookie.DefaultName)
    {
        ArgumentNullException.ThrowIfNull(response);
        ArgumentNullException.ThrowIfNull(signer);
        ArgumentNullException.ThrowIfNull(token);
        Replace(response, cookie, SteeringCookie.Set(signer.Sign(token), token.Lifetime, response.HttpContext.Request.IsHttps, cookie));
    }

    /// <summary>Takes the token away from the browser.</summary>
    /// <exception cref="ArgumentException">The name is none for this request's cookie.</exception>
    public static void ClearSteering(this HttpResponse response, string cookie = SteeringCookie.DefaultName)
    {
        ArgumentNullException.ThrowIfNull(response);
        Replace(response, cookie, SteeringCookie.Clear(response.HttpContext.Request.IsHttps, cookie));
    }

    /// <summary>The last word of a response counts; the earlier ones need not travel.</summary>
    private static void Replace(HttpResponse response, string cookie, string value)
    {
        var others = response.Headers.SetCookie.Where(c => c?.StartsWith($"{cookie}=", StringComparison.Ordinal) == false);
        response.Headers.SetCookie = new([.. others, value]);
    }
}
