using Spectre.Console;

namespace Athena.Cli.Output;

/// <summary>Coloured lines by Spectre.Console; apart, so that plain text never loads it.</summary>
internal static class RichText
{
    public static void WriteLine(IAnsiConsole console, string line, Tone tone) => console.Write(new Text(line + "\n", RichGrid.StyleOf(tone)));
}
