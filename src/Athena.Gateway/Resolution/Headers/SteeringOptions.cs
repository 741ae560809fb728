using System.ComponentModel.DataAnnotations;
using Athena.Client.Steering;

namespace Athena.Gateway.Resolution.Headers;

/// <summary>Where visitors carry the application's steering token, and by which keys it is judged while the service is away.</summary>
public sealed class SteeringOptions : IValidatableObject
{
    private const string Token = "^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,64}$";

    /// <summary>Name of the cookie, also with the prefix `__Host-`. Default `athena`. Read once at start.</summary>
    [Required]
    [RegularExpression(Token, ErrorMessage = "Cookie must be 1 to 64 characters that a name of a cookie may have")]
    public string Cookie { get; set; } = "athena";

    /// <summary>Name of the header, which is looked at first. Default `athena-steer`. Read once at start.</summary>
    [Required]
    [RegularExpression(Token, ErrorMessage = "Header must be 1 to 64 characters that a name of a header may have")]
    public string Header { get; set; } = "athena-steer";

    /// <summary>Whether servers get the cookie and the header too. Default false. Read once at start.</summary>
    public bool PassOn { get; set; }

    /// <summary>Keys of tokens by their ids, as the service has them. Default none: the local pick ignores tokens. Read again when the configuration changes.</summary>
    public IDictionary<string, SteeringKeyOptions> Keys { get; init; } = new Dictionary<string, SteeringKeyOptions>();

    /// <summary>Longest lifetime a token may have in the local pick. 1 min to 30 days; default 1 day. Read again when the configuration changes.</summary>
    [Range(typeof(TimeSpan), "00:01:00", "30.00:00:00")]
    public TimeSpan LongestLifetime { get; set; } = TimeSpan.FromHours(24);

    /// <summary>How far the clocks of those who mint tokens may be off. 0 to 5 min; default 1 min. Read again when the configuration changes.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "00:05:00")]
    public TimeSpan Skew { get; set; } = TimeSpan.FromSeconds(60);

    /// <inheritdoc/>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext) => KeyFaults.Of("Gateway:Steering:Keys", Keys, validationContext);

    /// <summary>As the client takes them.</summary>
    internal SteeringRules ToRules() => new() { Keys = Keys.ToDictionary(), LongestLifetime = LongestLifetime, Skew = Skew };
}
