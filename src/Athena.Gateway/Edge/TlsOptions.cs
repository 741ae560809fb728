using System.ComponentModel.DataAnnotations;

namespace Athena.Gateway.Edge;

/// <summary>The certificate of https endpoints that have none of their own in `Kestrel:Endpoints`. Its files are read again when they change; no connection is cut for that.</summary>
public sealed class TlsOptions
{
    /// <summary>PEM file with the certificate and those between it and its root. Default none.</summary>
    public string? Certificate { get; set; }

    /// <summary>PEM file with the private key, not encrypted. Default: it is in the file of the certificate.</summary>
    public string? Key { get; set; }

    /// <summary>How often the files are looked at. 1 s to 1 day; default 10 s.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "1.00:00:00")]
    public TimeSpan Interval { get; set; } = TimeSpan.FromSeconds(10);
}
