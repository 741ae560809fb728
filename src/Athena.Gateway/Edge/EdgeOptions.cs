using System.ComponentModel.DataAnnotations;

namespace Athena.Gateway.Edge;

/// <summary>What the gateway makes of visitors' headers and paths. Read once at start.</summary>
public sealed class EdgeOptions
{
    /// <summary>Addresses (`10.0.0.7`) and networks (`10.0.0.0/8`) whose `X-Forwarded-*` and `Forwarded` are believed and continued. Default none: such headers are replaced.</summary>
    [Networks]
    public IList<string> TrustedProxies { get; init; } = [];

    /// <summary>Headers with an underscore in their name: <see cref="UnderscoreHeaders.Drop"/>, for many servers read it as '-' and could be fooled. Default drop.</summary>
    public UnderscoreHeaders Underscores { get; set; }

    /// <summary>Paths with an escaped slash or backslash (`%2F`, `%5C`): passed on as they came, or refused with 400. Default keep.</summary>
    public EscapedSlashes EscapedSlashes { get; set; }

    /// <summary>Whether servers are told the visitor's address in `client-ip`, as mod_athena did. Default false.</summary>
    public bool ClientIp { get; set; }
}

/// <summary>What becomes of a header whose name has an underscore.</summary>
public enum UnderscoreHeaders
{
    /// <summary>Left out, except in gRPC calls when it is none that a proxy sets.</summary>
    Drop,

    /// <summary>Passed on when it is none that a proxy sets.</summary>
    Keep,
}

/// <summary>What becomes of a path with an escaped slash.</summary>
public enum EscapedSlashes
{
    /// <summary>Passed on as it came.</summary>
    Keep,

    /// <summary>Refused with 400.</summary>
    Refuse,
}

/// <summary>Each text is an address or a network.</summary>
[AttributeUsage(AttributeTargets.Property)]
internal sealed class NetworksAttribute : ValidationAttribute
{
    protected override ValidationResult? IsValid(object? value, ValidationContext validationContext) =>
        value is IEnumerable<string> texts && texts.FirstOrDefault(t => !Networks.TryRead(t, out _)) is { } wrong
            ? new ValidationResult($"{validationContext.MemberName}: '{wrong}' is neither an address nor a network such as 10.0.0.0/8")
            : ValidationResult.Success;
}
