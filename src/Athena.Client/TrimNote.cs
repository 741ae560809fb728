namespace Athena.Client;

/// <summary>Why what a trimmer warns of is safe here.</summary>
internal static class TrimNote
{
    /// <summary>The generator of <c>[OptionsValidator]</c> puts an attribute of its own, which converts nothing, in place of this one.</summary>
    public const string Ranges = "The options validator is generated; nobody makes this attribute at run time.";
}
