using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace Athena.Service.State;

/// <summary>Where states are kept. Read once at start, from Athena:Store.</summary>
public sealed class StoreOptions
{
    /// <summary>Kind of store: `sqlite` keeps them in a file, `memory` until the service ends. Default `sqlite`.</summary>
    [Required]
    [AllowedValues("sqlite", "memory", ErrorMessage = "Kind must be one of: sqlite, memory")]
    public string Kind { get; set; } = "sqlite";

    /// <summary>sqlite: the file, from the working folder. Its folder is made. Default `data/athena.db`.</summary>
    [Required]
    public string Path { get; set; } = "data/athena.db";

    /// <summary>
    /// sqlite: whether to set a store aside that is damaged, lost or older than what was answered, and start from the configuration alone. Default false:
    /// the service does not start. A sound store is used in any case.
    /// </summary>
    public bool StartFreshIfDamaged { get; set; }
}

[OptionsValidator]
internal sealed partial class StoreOptionsValidator : IValidateOptions<StoreOptions>;
