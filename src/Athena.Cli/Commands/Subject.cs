namespace Athena.Cli.Commands;

/// <summary>What an operator's change is about, as typed: `app01` is a server, `farm/shop` a farm. No name has a slash.</summary>
internal readonly record struct Subject(string? Farm, string? Server)
{
    private const string FarmPrefix = "farm/";

    public static Subject Parse(string text) =>
        text.StartsWith(FarmPrefix, StringComparison.OrdinalIgnoreCase) ? new(text[FarmPrefix.Length..], null) : new(null, text);

    /// <summary>Whether the service's errors mean this by `farms/shop` or `servers/app01`.</summary>
    public bool IsNamed(string resource) => resource.Equals(Farm is null ? $"servers/{Server}" : $"farms/{Farm}", StringComparison.OrdinalIgnoreCase);

    public override string ToString() => Farm is null ? Server ?? "" : FarmPrefix + Farm;
}
