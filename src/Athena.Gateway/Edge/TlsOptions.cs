using System.ComponentModel.DataAnnotations;
using System.Text.RegularExpressions;

namespace Athena.Gateway.Edge;

/// <summary>The certificates of https endpoints that have none of their own in `Kestrel:Endpoints`. Files are read again when they change; no connection is cut for that.</summary>
public sealed partial class TlsOptions : IValidatableObject
{
    /// <summary>PEM file with the certificate and those between it and its root, for visitors who ask for a host that is not in <see cref="Hosts"/>, or for none. Default none: with hosts, such visitors are refused.</summary>
    public string? Certificate { get; set; }

    /// <summary>PEM file with the private key, not encrypted. Default: it is in the file of the certificate.</summary>
    public string? Key { get; set; }

    /// <summary>Certificates by the host name that visitors ask for (SNI): `shop.example`, or `*.example` for all names below it; the longest wins. Read again when the configuration changes.</summary>
    public IDictionary<string, HostCertificate> Hosts { get; init; } = new Dictionary<string, HostCertificate>(StringComparer.OrdinalIgnoreCase);

    /// <summary>How often the files are looked at. 1 s to 1 day; default 10 s. Read once at start.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "1.00:00:00")]
    public TimeSpan Interval { get; set; } = TimeSpan.FromSeconds(10);

    /// <inheritdoc/>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        foreach (var (host, files) in Hosts)
        {
            if (!HostName().IsMatch(host))
            {
                yield return new ValidationResult($"Gateway:Tls:Hosts:{host}: must be a host name such as shop.example or *.example, without port");
            }
            if (string.IsNullOrEmpty(files.Certificate))
            {
                yield return new ValidationResult($"Gateway:Tls:Hosts:{host}:Certificate: the file is missing");
            }
        }
    }

    [GeneratedRegex(@"^(\*\.)?[A-Za-z0-9_-]{1,63}(\.[A-Za-z0-9_-]{1,63})*$")]
    private static partial Regex HostName();
}

/// <summary>The certificate of a host name.</summary>
public sealed class HostCertificate
{
    /// <summary>PEM file with the certificate and those between it and its root.</summary>
    public string Certificate { get; set; } = "";

    /// <summary>PEM file with the private key, not encrypted. Default: it is in the file of the certificate.</summary>
    public string? Key { get; set; }
}
