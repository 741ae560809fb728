using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace Athena.Service.Health.Checks;

/// <summary>Active checks as a whole. Read once at start, from Athena:Checks.</summary>
public sealed class CheckOptions
{
    /// <summary>Most checks under way at once; the others wait their turn. 1 to 10,000; default 256.</summary>
    [Range(1, 10_000)]
    public int Concurrency { get; set; } = 256;
}

[OptionsValidator]
internal sealed partial class CheckOptionsValidator : IValidateOptions<CheckOptions>;
