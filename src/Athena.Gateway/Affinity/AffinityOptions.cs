using System.ComponentModel.DataAnnotations;

namespace Athena.Gateway.Affinity;

/// <summary>By what a farm's visitors are kept at one server, without the application's help. Read once at start.</summary>
/// <remarks>The farm's policy must be `consistent_hash`; others do not look at keys.</remarks>
public sealed class AffinityOptions : IValidatableObject
{
    /// <summary>The farm.</summary>
    [Required]
    [RegularExpression("^[A-Za-z0-9._-]{1,253}$", ErrorMessage = "Farm must be the name of a farm")]
    public string Farm { get; set; } = "";

    /// <summary>What is hashed.</summary>
    public AffinityKey By { get; set; }

    /// <summary>Name of the header or cookie; none for the address.</summary>
    public string? Name { get; set; }

    /// <inheritdoc/>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (By == AffinityKey.Address != string.IsNullOrEmpty(Name))
        {
            yield return new ValidationResult(By == AffinityKey.Address ? "Name has no meaning for the address" : $"Name of the {By.ToString().ToLowerInvariant()} is missing", [nameof(Name)]);
        }
    }
}

/// <summary>What is hashed to find a visitor's server.</summary>
public enum AffinityKey
{
    /// <summary>The visitor's address; behind trusted proxies the one that they name.</summary>
    Address,

    /// <summary>A header's value.</summary>
    Header,

    /// <summary>A cookie's value.</summary>
    Cookie,
}
