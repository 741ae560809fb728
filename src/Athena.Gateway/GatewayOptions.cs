using System.ComponentModel.DataAnnotations;
using Athena.Client.Steering;
using Athena.Gateway.Affinity;
using Athena.Gateway.Edge;
using Athena.Gateway.Resolution;
using Athena.Gateway.Resolution.Headers;
using Athena.Gateway.Resolution.Retries;
using Athena.Gateway.Telemetry;
using Microsoft.Extensions.Options;

namespace Athena.Gateway;

/// <summary>The gateway. From the section Gateway.</summary>
public sealed class GatewayOptions : IValidatableObject
{
    /// <summary>gRPC addresses of the service's replicas, tried in order. Default `http://127.0.0.1:7400`. Read once at start.</summary>
    public IList<string> Service { get; init; } = [];

    /// <summary>How long the service may take for a decision; then the gateway decides by the fleet as last told. 1 ms to 1 min; default 50 ms. Read once at start.</summary>
    [Range(typeof(TimeSpan), "00:00:00.001", "00:01:00")]
    public TimeSpan DecisionTimeout { get; set; } = TimeSpan.FromMilliseconds(50);

    /// <summary>Longest time without a byte from or to a server, for farms whose cluster is not declared; then 504. 10 ms to 1 day; default 100 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00.010", "1.00:00:00")]
    public TimeSpan Timeout { get; set; } = TimeSpan.FromSeconds(100);

    /// <summary>Longest time for a connection to a server; then it counts as one that cannot be reached, and the request goes to another. 10 ms to 1 min; default 5 s. Read once at start.</summary>
    [Range(typeof(TimeSpan), "00:00:00.010", "00:01:00")]
    public TimeSpan ConnectTimeout { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>File that keeps the fleet as last told, for a start while the service is away. Null (default): none. Read once at start.</summary>
    public string? SnapshotFile { get; set; }

    /// <summary>Whether requests to busy farms may take decisions that the service made up to 10 ms ahead. Default true. Read once at start.</summary>
    public bool Ahead { get; set; } = true;

    /// <summary>Whether plain requests (GET and HEAD without a body, to servers in clear text, on routes without transforms of their own) go by the gateway's own forwarder, which costs less than YARP's. Default true. Read once at start.</summary>
    public bool Lean { get; set; } = true;

    /// <summary>When a request that a server did not take goes to another one. Read once at start.</summary>
    [ValidateObjectMembers]
    public RetryOptions Retries { get; init; } = new();

    /// <summary>By what visitors of farms are kept at one server. Read once at start.</summary>
    [ValidateEnumeratedItems]
    public IList<AffinityOptions> Affinity { get; init; } = [];

    /// <summary>Keys of the affinity cookies that the gateway issues, by id: all are read, the last by id issues. Default none: one made at start. Read again when the configuration changes.</summary>
    public IDictionary<string, SecretOptions> AffinityKeys { get; init; } = new Dictionary<string, SecretOptions>();

    /// <summary>Where visitors carry steering tokens.</summary>
    [ValidateObjectMembers]
    public SteeringOptions Steering { get; init; } = new();

    /// <summary>Whether visitors see the load that servers report with their answers (`endpoint-load-metrics`). Default false.</summary>
    public bool PassLoadReports { get; set; }

    /// <summary>Paths that lead to farms, as httpd's ProxyPass. Read again when the configuration changes.</summary>
    [ValidateEnumeratedItems]
    public IList<ProxyPass> ProxyPass { get; init; } = [];

    /// <summary>Whether a request whose farm forwards to a URL is proxied there or the visitor sent there. Default proxy.</summary>
    public UrlForwards UrlForwards { get; set; }

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

    /// <summary>Where spans go. Read once at start.</summary>
    [ValidateObjectMembers]
    public TracingOptions Tracing { get; init; } = new();

    /// <inheritdoc/>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext) =>
        [.. KeyFaults.Of("Gateway:AffinityKeys", AffinityKeys, validationContext), .. AffinityOptions.FaultsOf(Affinity, Steering)];
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
