using System.ComponentModel.DataAnnotations;

namespace Athena.Gateway.Telemetry;

/// <summary>Where spans go. Without an endpoint there are none, and trace headers pass as visitors sent them. Read once at start.</summary>
public sealed class TracingOptions : IValidatableObject
{
    /// <summary>Address of an OTLP collector, such as `http://127.0.0.1:4317`. Null (default): no tracing.</summary>
    public string? Endpoint { get; set; }

    /// <summary>How the collector is spoken to. Default grpc.</summary>
    public TracingProtocol Protocol { get; set; }

    /// <summary>Part of the traces that begin here, or that visitors bring, which are recorded; those of trusted proxies are recorded as they say. 0 to 1; default 1.</summary>
    [Range(0.0, 1.0)]
    public double Share { get; set; } = 1;

    /// <summary>Whether visitors' traces, too, are recorded as they say. Default false: whoever asks for it could have every request of his recorded.</summary>
    public bool TrustVisitors { get; set; }

    /// <summary>The collector; null: none, or its address is no good.</summary>
    internal Uri? Collector => string.IsNullOrEmpty(Endpoint) || !Uri.TryCreate(Endpoint, UriKind.Absolute, out var uri) || uri.Scheme is not ("http" or "https") ? null
        : Protocol == TracingProtocol.Http && uri.AbsolutePath == "/" ? new Uri(uri, "/v1/traces") : uri;

    /// <inheritdoc/>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext) =>
        string.IsNullOrEmpty(Endpoint) || Collector is not null ? [] : [new ValidationResult($"Gateway:Tracing:Endpoint: '{Endpoint}' is not an address such as http://127.0.0.1:4317")];
}

/// <summary>How spans travel.</summary>
public enum TracingProtocol
{
    /// <summary>OTLP over gRPC, usually port 4317.</summary>
    Grpc,

    /// <summary>OTLP as protobuf over HTTP, usually port 4318; without a path in the address, to `/v1/traces`.</summary>
    Http,
}
