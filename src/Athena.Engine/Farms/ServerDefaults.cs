namespace Athena.Engine.Farms;

/// <summary>What a server has by itself, by its farms or by the global default.</summary>
internal sealed record ServerDefaults(TimeSpan ExpectUpdate, CheckDefinition? Check)
{
    /// <summary>The defaults of every server of a fleet.</summary>
    public static Func<ServerDefinition, ServerDefaults> Of(FleetDefinition fleet)
    {
        var times = new Dictionary<string, TimeSpan>(EntityName.Comparer);
        var checks = new Dictionary<string, CheckDefinition>(EntityName.Comparer);
        foreach (var farm in fleet.Farms)
        {
            foreach (var member in farm.Members)
            {
                // The shortest time that any of its farms expects; the check of the first farm that has one.
                if (farm.ExpectUpdate is { } expected
                    && (!times.TryGetValue(member.Server, out var known) || known == TimeSpan.Zero || (expected > TimeSpan.Zero && expected < known)))
                {
                    times[member.Server] = expected;
                }
                if (farm.Check is { } check)
                {
                    checks.TryAdd(member.Server, check);
                }
            }
        }
        return server => new ServerDefaults(
            server.ExpectUpdate ?? (times.TryGetValue(server.Name, out var time) ? time : fleet.ExpectUpdate),
            (server.Check ?? checks.GetValueOrDefault(server.Name)) is { Kind: not CheckKind.None } found ? found : null);
    }
}
