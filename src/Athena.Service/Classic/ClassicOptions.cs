using Microsoft.Extensions.Options;

namespace Athena.Service.Classic;

/// <summary>Where the classic functions stand. Read once at start, from Athena.</summary>
public sealed class EnginePathOptions
{
    /// <summary>Paths under which the classic functions stand, each such as `/ath`, matched by whole segments. Default `/ath` and `/athena`.</summary>
    public IReadOnlyList<string> EnginePaths { get; set; } = ["/ath", "/athena"];

    /// <summary>Takes the configured list in place of the default one; the binder would add to it.</summary>
    internal void Read(IConfiguration configuration)
    {
        var paths = configuration.GetSection("Athena:EnginePaths").GetChildren().Select(p => p.Value ?? "").ToArray();
        if (paths.Length > 0)
        {
            EnginePaths = paths;
        }
    }
}

internal sealed class EnginePathOptionsValidator : IValidateOptions<EnginePathOptions>
{
    public ValidateOptionsResult Validate(string? name, EnginePathOptions options)
    {
        var faults = options.EnginePaths
            .Where(p => !p.StartsWith('/') || p.Length < 2 || p.EndsWith('/') || p.Contains("//", StringComparison.Ordinal))
            .Select(p => $"Athena:EnginePaths: '{p}' is not a path such as /ath").ToArray();
        return faults.Length == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(faults);
    }
}

/// <summary>The classic interface. Read once at start, from Athena:Classic.</summary>
public sealed class ClassicOptions
{
    /// <summary>Addresses and networks that may use `update` and `mirror`, such as `10.0.0.7` or `10.0.0.0/8`. Default, when empty: loopback and Unix sockets alone.</summary>
    public IReadOnlyList<string> AllowFrom { get; set; } = [];

    /// <summary>Whether `update` may be used by GET, as mod_athena's scripts do; POST always may. Default true.</summary>
    public bool GetWrites { get; set; } = true;

    /// <summary>Whether the requests of one `status` or `update` may concern different servers or farms (mod_athena: AthAllowDiverseMulti). Default false.</summary>
    public bool AllowDiverseMulti { get; set; }

    /// <summary>Whether errors have status 200 as well, for scripts that look at the text alone. Default false.</summary>
    public bool AlwaysOk { get; set; }

    /// <summary>Whether `status/debug` answers. Default false.</summary>
    public bool Debug { get; set; }
}

internal sealed class ClassicOptionsValidator : IValidateOptions<ClassicOptions>
{
    public ValidateOptionsResult Validate(string? name, ClassicOptions options)
    {
        var faults = options.AllowFrom
            .Select((from, i) => ClassicAccess.NetworkOf(from) is null ? $"Athena:Classic:AllowFrom:{i}: '{from}' is not an address such as 10.0.0.7 or a network such as 10.0.0.0/8" : null)
            .OfType<string>().ToArray();
        return faults.Length == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(faults);
    }
}
