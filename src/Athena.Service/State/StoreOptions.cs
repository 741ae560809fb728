using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace Athena.Service.State;

/// <summary>Where states are kept. Read once at start, from Athena:Store.</summary>
public sealed class StoreOptions
{
    /// <summary>Kind of store: `memory` keeps states until the service ends. Default `memory`.</summary>
    [Required]
    [AllowedValues("memory", ErrorMessage = "Kind must be one of: memory")]
    public string Kind { get; set; } = "memory";
}

[OptionsValidator]
internal sealed partial class StoreOptionsValidator : IValidateOptions<StoreOptions>;
