using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;
using Athena.Testing;

namespace Athena.Integration.Tests;

/// <summary>docs/cli.md as a new user reads it: what it shows works with the demo.</summary>
public sealed partial class CliDocumentTests
{
    [Fact]
    public async Task Its_examples_run_against_the_demo_in_their_order()
    {
        var text = await File.ReadAllTextAsync(Path.Combine(Root(), "docs", "cli.md"));
        var part = text[text.IndexOf("## Asking", StringComparison.Ordinal)..text.IndexOf("## Monitoring", StringComparison.Ordinal)];
        // A watch goes on until Ctrl-C.
        var blocks = Block().Matches(part).ToLookup(b => b.Groups[1].Value, b => b.Groups[2].Value);
        var examples = blocks[""].SelectMany(b => b.Split('\n')).Where(l => l.StartsWith("athena ", StringComparison.Ordinal) && !l.StartsWith("athena watch", StringComparison.Ordinal)).ToArray();
        Assert.InRange(examples.Length, 25, 60);
        var folder = Directory.CreateTempSubdirectory("athena-cli-");
        await using var demo = ChildProcess.Start("Demo", "--free-ports");
        try
        {
            await File.WriteAllTextAsync(Path.Combine(folder.FullName, "sale.json"), Assert.Single(blocks["json"]));
            await demo.LineAsync(l => l.Contains("Ctrl-C ends all of them", StringComparison.Ordinal));
            var service = Service().Match(demo.Output).Groups[1].Value;
            var (command, first) = ChildProcess.CommandOf("Athena.Cli");
            var program = string.Join(' ', first.Prepend(command).Select(a => $"'{a}'"));
            foreach (var example in examples)
            {
                var answer = await ClassicFixture.RunToolAsync("bash", "-c", $$"""
                    cd '{{folder.FullName}}'; export ATHENA_SERVICE=http://{{service}}; athena() { {{program}} "$@" --timeout 60s; }
                    {{example}}
                    """);
                Assert.False(answer.StartsWith("exit ", StringComparison.Ordinal), $"{example}\n{answer}");
            }
        }
        finally
        {
            // It ends its processes with itself when it is asked, not when it is killed.
            demo.Signal(ChildProcess.SigInt);
            await demo.ExitCodeAsync();
            folder.Delete(recursive: true);
        }
    }

    private static string Root([CallerFilePath] string here = "") => Path.GetFullPath(Path.Combine(Path.GetDirectoryName(here)!, "..", ".."));

    [GeneratedRegex(@"^```(\w*)\n(.*?)^```", RegexOptions.Singleline | RegexOptions.Multiline)]
    private static partial Regex Block();

    [GeneratedRegex(@"gRPC\s+(127\.0\.0\.1:\d+),")]
    private static partial Regex Service();
}
