using Microsoft.Extensions.Options;

namespace Athena.Service.Classic;

/// <summary>The classic interface. Read once at start, from Athena.</summary>
public sealed class ClassicOptions
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

internal sealed class ClassicOptionsValidator : IValidateOptions<ClassicOptions>
{
    public ValidateOptionsResult Validate(string? name, ClassicOptions options)
    {
        var faults = options.EnginePaths
            .Where(p => !p.StartsWith('/') || p.Length < 2 || p.EndsWith('/') || p.Contains("//", StringComparison.Ordinal))
            .Select(p => $"Athena:EnginePaths: '{p}' is not a path such as /ath").ToArray();
        return faults.Length == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(faults);
    }
}
