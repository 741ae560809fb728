using System.Text;
using System.Threading.Channels;
using Spectre.Console;

namespace Athena.Cli.Output;

/// <summary>Where a command writes, and what it may use there: tables, colours and live views only on a terminal that wants them.</summary>
internal sealed class Terminal(TextWriter output, TextWriter error, bool isRich, TimeProvider time, Func<string, string?> environment)
{
    private IAnsiConsole? _console;

    public TextWriter Out => output;

    public TextWriter Error => error;

    /// <summary>Whether it is a terminal that shows tables and colours. False for pipes and files, with NO_COLOR and with TERM=dumb: plain text then.</summary>
    public bool IsRich => isRich;

    /// <summary>Whether somebody sits there: a live view may take the screen, with colours or without.</summary>
    public bool IsInteractive { get; init; }

    /// <summary>Columns and rows.</summary>
    public Func<(int Width, int Height)> Size { get; init; } = () => (80, 24);

    /// <summary>Keys as they are pressed, from now on.</summary>
    public Func<ChannelReader<ConsoleKeyInfo>> Keys { get; init; } = () => Channel.CreateUnbounded<ConsoleKeyInfo>().Reader;

    /// <summary>What a command reads: reports to push, for instance.</summary>
    public TextReader In { get; init; } = TextReader.Null;

    public TimeProvider Time => time;

    /// <summary>A variable of the environment; null when it is not set or empty.</summary>
    public string? Variable(string name) => environment(name) is { Length: > 0 } value ? value : null;

    /// <summary>Made on first use: loading it costs more than a decision.</summary>
    public IAnsiConsole Console
    {
        get => _console ??= AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(output) });
        init => _console = value;
    }

    /// <summary>The process's own.</summary>
    public static Terminal OfProcess() => new(
        System.Console.Out,
        System.Console.Error,
        IsTerminal() && string.IsNullOrEmpty(Environment.GetEnvironmentVariable("NO_COLOR")),
        TimeProvider.System,
        Environment.GetEnvironmentVariable)
    {
        In = System.Console.In,
        IsInteractive = IsTerminal() && !System.Console.IsInputRedirected,
        Size = () => System.Console.WindowWidth > 0 && System.Console.WindowHeight > 0 ? (System.Console.WindowWidth, System.Console.WindowHeight) : (80, 24),
        Keys = KeysOfProcess,
    };

    /// <summary>A line of any origin, made harmless; its tone shows on a terminal.</summary>
    public async Task WriteLineAsync(string line, Tone tone)
    {
        if (isRich && tone != Tone.Plain)
        {
            RichText.WriteLine(Console, Clean(line), tone);
        }
        else
        {
            await output.WriteLineAsync(Clean(line));
        }
    }

    private static bool IsTerminal() => !System.Console.IsOutputRedirected && Environment.GetEnvironmentVariable("TERM") is not "dumb";

    /// <summary>A key cannot be awaited: a thread waits for them, and ends with the process.</summary>
    private static ChannelReader<ConsoleKeyInfo> KeysOfProcess()
    {
        var keys = Channel.CreateUnbounded<ConsoleKeyInfo>();
        new Thread(() =>
        {
            while (keys.Writer.TryWrite(System.Console.ReadKey(intercept: true)))
            {
            }
        })
        { IsBackground = true, Name = "keys" }.Start();
        return keys.Reader;
    }

    /// <summary>Text of others (reasons, names, addresses) that cannot steer a terminal or break a line: control characters become '?'.</summary>
    public static string Clean(string text)
    {
        if (!text.Any(IsUnprintable))
        {
            return text;
        }
        var clean = new StringBuilder(text.Length);
        foreach (var c in text)
        {
            clean.Append(IsUnprintable(c) ? '?' : c);
        }
        return clean.ToString();
    }

    /// <summary>Control characters, and the marks that turn the direction of text around.</summary>
    private static bool IsUnprintable(char c) => char.IsControl(c) || c is '\u2028' or '\u2029' or (>= '\u202a' and <= '\u202e') or (>= '\u2066' and <= '\u2069');
}
