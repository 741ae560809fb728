using System.ComponentModel.DataAnnotations;

namespace Athena.Gateway.Resolution.Headers;

/// <summary>Where visitors carry the application's steering token. Read once at start.</summary>
public sealed class SteeringOptions
{
    private const string Token = "^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,64}$";

    /// <summary>Name of the cookie, also with the prefix `__Host-`. Default `athena`.</summary>
    [Required]
    [RegularExpression(Token, ErrorMessage = "Cookie must be 1 to 64 characters that a name of a cookie may have")]
    public string Cookie { get; set; } = "athena";

    /// <summary>Name of the header, which is looked at first. Default `athena-steer`.</summary>
    [Required]
    [RegularExpression(Token, ErrorMessage = "Header must be 1 to 64 characters that a name of a header may have")]
    public string Header { get; set; } = "athena-steer";

    /// <summary>Whether servers get the cookie and the header too. Default false.</summary>
    public bool PassOn { get; set; }
}
