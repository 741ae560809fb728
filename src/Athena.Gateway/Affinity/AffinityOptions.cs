using System.ComponentModel.DataAnnotations;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;
using Athena.Gateway.Resolution.Headers;

namespace Athena.Gateway.Affinity;

/// <summary>By what a farm's visitors are kept at one server, without the application's help. Read once at start.</summary>
/// <remarks>For a header, a cookie or an address the farm's policy must be `consistent_hash`; others do not look at keys. Issued cookies go with every policy.</remarks>
public sealed partial class AffinityOptions : IValidatableObject
{
    /// <summary>The farm.</summary>
    [Required]
    [RegularExpression("^[A-Za-z0-9._-]{1,253}$", ErrorMessage = "Farm must be the name of a farm")]
    public string Farm { get; set; } = "";

    /// <summary>What is hashed, or that the gateway issues a cookie. Default the address.</summary>
    public AffinityKey By { get; set; }

    /// <summary>Name of the header or cookie; none for the address. Of an issued cookie: default `stay-` and eight digits made of the farm's name.</summary>
    public string? Name { get; set; }

    /// <summary>How long a visitor who does not come stays with a server by an issued cookie: 1 min to 365 days. Null (default): as long as the browser's session.</summary>
    [Range(typeof(TimeSpan), "00:01:00", "365.00:00:00")]
    public TimeSpan? Lifetime { get; set; }

    /// <summary>Path of an issued cookie. Default `/`.</summary>
    [RegularExpression("^/[!-:<-~]*$", ErrorMessage = "Path must be a path such as /shop, without blanks and ';'")]
    public string Path { get; set; } = "/";

    /// <summary>Whether browsers send an issued cookie along from other sites. Default lax.</summary>
    public AffinitySameSite SameSite { get; set; }

    /// <summary>Name of the cookie that the gateway issues.</summary>
    internal string CookieName => Name is { Length: > 0 } name ? name : $"stay-{Convert.ToHexStringLower(SHA256.HashData(Encoding.ASCII.GetBytes(Farm.ToUpperInvariant())).AsSpan(0, 4))}";

    /// <inheritdoc/>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (By == AffinityKey.Address && !string.IsNullOrEmpty(Name))
        {
            yield return new ValidationResult("Name has no meaning for the address", [nameof(Name)]);
        }
        if (By is AffinityKey.Header or AffinityKey.Cookie && string.IsNullOrEmpty(Name))
        {
            yield return new ValidationResult($"Name of the {By.ToString().ToLowerInvariant()} is missing", [nameof(Name)]);
        }
        if (By != AffinityKey.Issued && (Lifetime is not null || Path != "/" || SameSite != AffinitySameSite.Lax))
        {
            yield return new ValidationResult("Lifetime, Path and SameSite are for cookies that the gateway issues (By=issued)", [nameof(By)]);
        }
        if (By == AffinityKey.Issued && !CookieForm().IsMatch(CookieName))
        {
            yield return new ValidationResult("Name must be 1 to 64 characters that a name of a cookie may have", [nameof(Name)]);
        }
        if (By == AffinityKey.Issued && CookieName.StartsWith("__Host-", StringComparison.Ordinal) && Path != "/")
        {
            yield return new ValidationResult("a cookie whose name begins with __Host- has the Path /", [nameof(Path)]);
        }
    }

    /// <summary>What is wrong with several of them together.</summary>
    internal static IEnumerable<ValidationResult> FaultsOf(IEnumerable<AffinityOptions> all, SteeringOptions steering)
    {
        var issued = all.Where(a => a.By == AffinityKey.Issued).ToArray();
        foreach (var farm in all.GroupBy(a => a.Farm, StringComparer.OrdinalIgnoreCase).Where(g => g.Count() > 1))
        {
            yield return new ValidationResult($"Gateway:Affinity: farm '{farm.Key}' stands there {farm.Count()} times");
        }
        foreach (var cookie in issued.GroupBy(a => a.CookieName, StringComparer.Ordinal).Where(g => g.Count() > 1))
        {
            yield return new ValidationResult($"Gateway:Affinity: the farms {string.Join(", ", cookie.Select(a => $"'{a.Farm}'"))} would take '{cookie.Key}' from one another; each needs a cookie of its own");
        }
        foreach (var affinity in issued.Where(a => a.CookieName == steering.Cookie || a.CookieName == $"__Host-{steering.Cookie}"))
        {
            yield return new ValidationResult($"Gateway:Affinity: '{affinity.CookieName}' is the steering cookie's name");
        }
    }

    [GeneratedRegex("^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,64}$")]
    private static partial Regex CookieForm();
}

/// <summary>What tells a visitor's server.</summary>
public enum AffinityKey
{
    /// <summary>The visitor's address, hashed; behind trusted proxies the one that they name.</summary>
    Address,

    /// <summary>A header's value, hashed.</summary>
    Header,

    /// <summary>The value of a cookie of the application's, hashed.</summary>
    Cookie,

    /// <summary>A cookie that the gateway issues with the first answer; only the gateway can read it.</summary>
    Issued,
}

/// <summary>Whether browsers send a cookie along when another site leads to this one.</summary>
public enum AffinitySameSite
{
    /// <summary>When somebody follows a link.</summary>
    Lax,

    /// <summary>Never.</summary>
    Strict,

    /// <summary>Always, frames and scripts of other sites included; browsers take such a cookie over https alone.</summary>
    None,
}
