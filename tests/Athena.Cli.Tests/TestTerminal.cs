using Athena.Cli.Output;
using Microsoft.Extensions.Time.Testing;
using Spectre.Console.Testing;

namespace Athena.Cli.Tests;

/// <summary>A terminal that keeps what was written to it. Time stands still at 2026-11-22 10:00 UTC, unless calls with a deadline are made.</summary>
#pragma warning disable CA1001 // A StringWriter holds nothing that must be given back.
internal sealed class TestTerminal
#pragma warning restore CA1001
{
    private readonly StringWriter _out = new();
    private readonly StringWriter _error = new();

    public TestTerminal(bool isRich = false, int width = 120, bool isTimed = false)
    {
        Console = new TestConsole().Width(width);
        Terminal = new Terminal(_out, _error, isRich, isTimed ? TimeProvider.System : Time, name => Variables.GetValueOrDefault(name)) { Console = Console };
    }

    public FakeTimeProvider Time { get; } = new(new DateTimeOffset(2026, 11, 22, 10, 0, 0, TimeSpan.Zero));

    public Dictionary<string, string> Variables { get; } = [];

    public TestConsole Console { get; }

    public Terminal Terminal { get; }

    public string Out => _out.ToString();

    public string Error => _error.ToString();

    public Task<int> RunAsync(params string[] arguments) => CommandLine.RunAsync(arguments, Terminal);
}
