using System.ComponentModel.DataAnnotations;
using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Options;

namespace Athena.Client;

/// <summary>How to reach the service. From the section Athena:Client, if you bind it.</summary>
public sealed class AthenaClientOptions
{
    /// <summary>
    /// gRPC addresses of the service's replicas, tried in this order: `http://host:7400`, `https://host:7400` or `unix:/run/athena.sock`. Default
    /// `http://127.0.0.1:7400`.
    /// </summary>
    public IList<string> Addresses { get; init; } = [];

    /// <summary>Longest time a call may take. 1 ms to 5 min; default 1 s.</summary>
    [UnconditionalSuppressMessage("Trimming", "IL2026", Justification = TrimNote.Ranges)]
    [Range(typeof(TimeSpan), "00:00:00.001", "00:05:00")]
    public TimeSpan Timeout { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>Time without traffic after which the connection is tested. 1 s to 1 h; default 30 s.</summary>
    [UnconditionalSuppressMessage("Trimming", "IL2026", Justification = TrimNote.Ranges)]
    [Range(typeof(TimeSpan), "00:00:01", "01:00:00")]
    public TimeSpan KeepAlive { get; set; } = TimeSpan.FromSeconds(30);

    internal IReadOnlyList<string> AddressesOrDefault => Addresses.Count > 0 ? [.. Addresses] : ["http://127.0.0.1:7400"];
}

[OptionsValidator]
internal sealed partial class AthenaClientOptionsRanges : IValidateOptions<AthenaClientOptions>;

/// <summary>What attributes cannot say.</summary>
internal sealed class AthenaClientOptionsAddresses : IValidateOptions<AthenaClientOptions>
{
    public ValidateOptionsResult Validate(string? name, AthenaClientOptions options)
    {
        var faults = options.AddressesOrDefault
            .Where(a => !Uri.TryCreate(a, UriKind.Absolute, out var uri) || uri.Scheme is not ("http" or "https" or "unix"))
            .Select(a => $"'{a}' is not an address of the service; write http://host:7400, https://host:7400 or unix:/path").ToList();
        if (options.Addresses.Count > 1 && options.Addresses.Any(a => a.StartsWith("unix:", StringComparison.Ordinal)))
        {
            faults.Add("a unix socket must be the only address of the service");
        }
        return faults.Count > 0 ? ValidateOptionsResult.Fail(faults) : ValidateOptionsResult.Success;
    }
}
