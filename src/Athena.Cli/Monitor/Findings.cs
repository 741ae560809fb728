using Athena.Cli.Output;
using Athena.V1;

namespace Athena.Cli.Monitor;

/// <summary>One trouble: whom it is about and what.</summary>
internal sealed record Trouble(string Kind, string Name, string Text);

/// <summary>What `athena monitor` makes of farms and servers. What operators wished (off, drain) raises no alarm, by itself.</summary>
internal sealed class Findings
{
    private Findings(IReadOnlyList<Farm> farms, IReadOnlyList<Server> servers, TimeProvider time)
    {
        (Farms, Servers) = (farms, servers);
        foreach (var farm in farms.Where(IsWithoutServers))
        {
            FarmsWithout++;
            var forward = farm.Forwards is { Down.Length: > 0 } forwards ? $"; it forwards to {forwards.Down}" : "";
            Troubles.Add(new("farm", farm.Name, $"has no server ({farm.Members.Count} members){forward}"));
        }
        foreach (var farm in farms.Where(f => f.Panicking && f.Admin != AdminState.Off))
        {
            Troubles.Add(new("farm", farm.Name, $"panics: health is ignored, for only {farm.AvailableMembers} of {farm.Members.Count} members are available"));
        }
        foreach (var server in servers.Where(s => s.Status.Admin != AdminState.Off))
        {
            var causes = server.Status.Causes.Concat(EjectionsOf(server, farms)).Where(c => Words.IsTrouble(c.Kind)).ToArray();
            if (causes.Length > 0)
            {
                Troubles.Add(new("server", server.Name, Words.Of(causes, time)));
            }
        }
    }

    public IReadOnlyList<Farm> Farms { get; }

    public IReadOnlyList<Server> Servers { get; }

    public List<Trouble> Troubles { get; } = [];

    /// <summary>Farms that are on and have nobody to choose.</summary>
    public int FarmsWithout { get; }

    public int ExitCode => FarmsWithout > 0 ? ExitCodes.NoServer : Troubles.Count > 0 ? ExitCodes.Refused : ExitCodes.Well;

    /// <summary>Number of servers with this trouble, those that an operator switched off left out.</summary>
    public int Having(CauseKind kind) => Servers.Count(s => s.Status.Admin != AdminState.Off && s.Status.Causes.Concat(EjectionsOf(s, Farms)).Any(c => c.Kind == kind));

    /// <param name="farms">Farms to judge.</param>
    /// <param name="servers">Servers to judge.</param>
    /// <param name="time">For the times in texts.</param>
    public static Findings Of(IEnumerable<Farm> farms, IEnumerable<Server> servers, TimeProvider time) => new([.. farms], [.. servers], time);

    /// <summary>A farm that is on and finds nobody, forwards aside. A panicking farm still finds somebody.</summary>
    private static bool IsWithoutServers(Farm farm) => farm is { Admin: not AdminState.Off, AvailableMembers: 0, Panicking: false };

    /// <summary>A farm ejects in itself alone, so the members know of it.</summary>
    private static IEnumerable<Cause> EjectionsOf(Server server, IEnumerable<Farm> farms) =>
        from farm in farms
        from member in farm.Members
        where member.Server.Equals(server.Name, StringComparison.OrdinalIgnoreCase) && member.Admin != AdminState.Off
        from cause in member.Causes
        where cause.Kind == CauseKind.Ejected && !server.Status.Causes.Contains(cause)
        select cause;
}
