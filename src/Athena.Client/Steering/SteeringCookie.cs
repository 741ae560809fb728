using System.Globalization;

namespace Athena.Client.Steering;

/// <summary>The cookie that carries a token from the application over the browser to the gateway. ASP.NET Core applications have `response.SetSteering`, in Athena.Client.AspNetCore.</summary>
public static class SteeringCookie
{
    /// <summary>Its usual name.</summary>
    public const string DefaultName = "athena";

    /// <summary>Longest that browsers keep: name and value together, in bytes.</summary>
    public const int MaxLength = 4096;

    private const string HostPrefix = "__Host-";
    private const string Others = "!#$%&'*+-.^_`|~";

    /// <summary>The value of a `Set-Cookie` header: for the whole site and no script, sent along when somebody follows a link to the site.</summary>
    /// <param name="token">The token.</param>
    /// <param name="maxAge">How long the browser keeps it: the token's lifetime.</param>
    /// <param name="secure">Whether the browser came by https, and sends it by https alone.</param>
    /// <param name="name">Name of the cookie; with the prefix `__Host-` only by https.</param>
    /// <exception cref="ArgumentException">The name is none for a cookie, needs https, or the cookie is too long.</exception>
    public static string Set(string token, TimeSpan maxAge, bool secure, string name = DefaultName)
    {
        ArgumentNullException.ThrowIfNull(token);
        ArgumentException.ThrowIfNullOrEmpty(name);
        if (!name.All(c => char.IsAsciiLetterOrDigit(c) || Others.Contains(c, StringComparison.Ordinal)))
        {
            throw new ArgumentException("the name of a cookie has letters, digits and few signs", nameof(name));
        }
        if (!token.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '-' or '_'))
        {
            throw new ArgumentException("this is no token", nameof(token));
        }
        if (name.StartsWith(HostPrefix, StringComparison.Ordinal) && !secure)
        {
            throw new ArgumentException($"a cookie whose name begins with {HostPrefix} is for https alone", nameof(name));
        }
        if (name.Length + token.Length > MaxLength)
        {
            throw new ArgumentException($"name and token have {name.Length + token.Length} bytes; browsers keep {MaxLength}", nameof(token));
        }
        var seconds = Math.Max(0, (long)maxAge.TotalSeconds);
        return string.Create(CultureInfo.InvariantCulture, $"{name}={token}; Max-Age={seconds}; Path=/; HttpOnly; SameSite=Lax{(secure ? "; Secure" : "")}");
    }

    /// <summary>The value of a `Set-Cookie` header that takes the cookie away.</summary>
    /// <exception cref="ArgumentException">As above.</exception>
    public static string Clear(bool secure, string name = DefaultName) => Set("", TimeSpan.Zero, secure, name);
}
