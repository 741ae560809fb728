using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace Athena.Service.Api;

/// <summary>Leases that callers open. Read once at start, from Athena:Leases.</summary>
public sealed class LeaseOptions
{
    /// <summary>Time after which a lease without outcome counts as ended, unless the caller asks for another. 1 s to 1 h; default 60 s.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "01:00:00")]
    public TimeSpan Timeout { get; set; } = TimeSpan.FromSeconds(60);
}

[OptionsValidator]
internal sealed partial class LeaseOptionsValidator : IValidateOptions<LeaseOptions>;
