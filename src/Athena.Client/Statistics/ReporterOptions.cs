using System.ComponentModel.DataAnnotations;
using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Options;

namespace Athena.Client.Statistics;

/// <summary>What this process reports of itself.</summary>
public sealed class ReporterOptions
{
    /// <summary>Name of this server as the service knows it.</summary>
    [Required]
    public string Server { get; set; } = "";

    /// <summary>Time between reports. 100 ms to 1 h; default 1 s.</summary>
    [UnconditionalSuppressMessage("Trimming", "IL2026", Justification = TrimNote.Ranges)]
    [Range(typeof(TimeSpan), "00:00:00.100", "01:00:00")]
    public TimeSpan Interval { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>Whether `cpu` (percent of all cores that this process uses), `mem` (percent of the memory it may have) and `requests` (HTTP requests in flight in ASP.NET Core) are reported. Default true.</summary>
    public bool ProcessNumbers { get; set; } = true;

    /// <summary>The application's own numbers, by name; each is asked once per report. One that throws or is not 0 to 1e18 is left out of that report.</summary>
    public IDictionary<string, Func<double>> Numbers { get; } = new Dictionary<string, Func<double>>(StringComparer.Ordinal);
}

[OptionsValidator]
internal sealed partial class ReporterOptionsValidator : IValidateOptions<ReporterOptions>;
