using System.CommandLine;
using Athena.Cli.Calls;
using Grpc.Core;

namespace Athena.Cli;

/// <summary>Names that the shell completes: asked of the service, which must be quick or goes unasked.</summary>
internal static class Completion
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    public static IEnumerable<string> FarmNames(this Tool tool, ParseResult parse) =>
        Ask(tool, parse, async session => (await session.FarmsAsync()).Farms.Select(f => f.Name));

    public static IEnumerable<string> ServerNames(this Tool tool, ParseResult parse) =>
        Ask(tool, parse, async session => (await session.ServersAsync()).Servers.Select(s => s.Name));

    /// <summary>Servers, and farms as `farm/NAME`.</summary>
    public static IEnumerable<string> SubjectNames(this Tool tool, ParseResult parse) => [.. tool.ServerNames(parse), .. tool.FarmNames(parse).Select(f => $"farm/{f}")];

    /// <summary>Completion sources cannot be awaited; a service that is away is no reason to disturb somebody who types.</summary>
    private static IEnumerable<string> Ask(Tool tool, ParseResult parse, Func<Session, Task<IEnumerable<string>>> ask)
    {
        try
        {
            using var session = new Session(tool.AddressOf(parse), Patience, json: false, tool.Terminal, CancellationToken.None);
            return Task.Run(() => ask(session)).GetAwaiter().GetResult();
        }
        catch (Exception e) when (e is RpcException or Microsoft.Extensions.Options.OptionsValidationException)
        {
            return [];
        }
    }
}
