using System.ComponentModel.DataAnnotations;
using Athena.Gateway.Edge;
using Microsoft.Extensions.Options;

namespace Athena.Gateway;

/// <summary>The gateway. From the section Gateway.</summary>
public sealed class GatewayOptions
{
    /// <summary>gRPC addresses of the service's replicas, tried in order. Default `http://127.0.0.1:7400`. Read once at start.</summary>
    public IList<string> Service { get; init; } = [];

    /// <summary>Longest time a decision may take. 1 ms to 1 min; default 1 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00.001", "00:01:00")]
    public TimeSpan DecisionTimeout { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>Paths that lead to farms, as httpd's ProxyPass. Read again when the configuration changes.</summary>
    [ValidateEnumeratedItems]
    public IList<ProxyPass> ProxyPass { get; init; } = [];

    /// <summary>Whether responses name the server, farm and decision (`Athena-Server`, `Athena-Farm`, `Athena-Decision`). Default false.</summary>
    public bool DebugHeaders { get; set; }

    /// <summary>What becomes of visitors' headers and paths. Read once at start.</summary>
    [ValidateObjectMembers]
    public EdgeOptions Edge { get; init; } = new();

    /// <summary>The certificate shown to visitors. Read once at start; its files again when they change.</summary>
    [ValidateObjectMembers]
    public TlsOptions Tls { get; init; } = new();

    /// <summary>How much a visitor may take. Read once at start.</summary>
    [ValidateObjectMembers]
    public LimitOptions Limits { get; init; } = new();
}

/// <summary>A path that leads to a farm.</summary>
public sealed class ProxyPass
{
    /// <summary>Path, matched by whole segments, such as `/reports/`.</summary>
    [Required]
    [RegularExpression("^/([^{}?#]*)$", ErrorMessage = "From must be a path such as /reports/, without braces, '?' and '#'")]
    public string From { get; set; } = "";

    /// <summary>`http://FARM/PATH`: the farm stands where a host name stands. Whether https is spoken to a server is said by the server's address; `h2c://` speaks HTTP/2 over clear text, as gRPC needs.</summary>
    [Required]
    [RegularExpression("^(https?|h2c)://[A-Za-z0-9._-]{1,253}(/[^{}?#]*)?$", ErrorMessage = "To must be http://FARM/PATH or h2c://FARM/PATH")]
    public string To { get; set; } = "";

    /// <summary>The farm's name.</summary>
    internal string Farm => To[(To.IndexOf("://", StringComparison.Ordinal) + 3)..].Split('/')[0];

    /// <summary>Whether servers are spoken to in HTTP/2 without TLS.</summary>
    internal bool IsClearTextHttp2 => To.StartsWith("h2c:", StringComparison.OrdinalIgnoreCase);

    /// <summary>Path at the farm, at least `/`.</summary>
    internal string ToPath
    {
        get
        {
            var rest = To[(To.IndexOf("://", StringComparison.Ordinal) + 3)..];
            var slash = rest.IndexOf('/', StringComparison.Ordinal);
            return slash < 0 ? "/" : rest[slash..];
        }
    }
}

[OptionsValidator]
internal sealed partial class GatewayOptionsValidator : IValidateOptions<GatewayOptions>;
