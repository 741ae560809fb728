namespace Athena.Cli.Commands;

/// <summary>What an operator's change is about, as typed: `app01` is a server, `farm/shop` a farm. No name has a slash.</summary>
internal readonly record struct Subject(string? Farm, string? Server)
{
    private const string FarmPrefix = "farm/";

    public static Subject Parse(string text) =>
        text.StartsWith(FarmPrefix, StringComparison.OrdinalIgnoreCase) ? new(text[FarmPrefix.Length..], null) : new(null, text);
}
