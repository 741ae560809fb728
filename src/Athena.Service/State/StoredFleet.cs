using System.Globalization;
using System.Text.Json;
using Athena.Engine.Farms;

namespace Athena.Service.State;

/// <summary>What the keys and values of a store mean.</summary>
/// <remarks>
/// One key for each thing that changes by itself, so that a change is small and two of different things do not meet:
/// `farms/NAME`, `servers/NAME` (made or changed at run time), `states/engine`, `states/farms/NAME`, `states/servers/NAME`,
/// `states/members/FARM/SERVER` (states and forwards that operators set), `changes/NUMBER` (the last ones), `requests/ID` (answers to repeats).
/// Names in keys are in lower case; values have them as they were written.
/// </remarks>
internal sealed record StoredFleet(RunTimeFleet RunTime, FleetStates States, IReadOnlyList<OperatorChange> Changes, IReadOnlyList<MadeRequest> Requests)
{
    /// <summary>Reads all entries of a store.</summary>
    /// <exception cref="StoreDamagedException">A key or value is none of ours.</exception>
    public static StoredFleet Read(StoreContent content)
    {
        var read = new StoredChange(RunTimeFleet.Empty, FleetStates.Normal);
        foreach (var (key, value) in content.Entries)
        {
            read = read.With(key, value, content.Revisions?[key]);
        }
        return new StoredFleet(read.RunTime, read.States, [.. read.Changes.OrderBy(c => c.Id)], [.. read.Requests.OrderBy(r => r.Revision)]);
    }

    /// <summary>Reads a transaction, on what was before it.</summary>
    /// <exception cref="StoreDamagedException">A key or value is none of ours.</exception>
    public static StoredChange Read(StoreCommit commit, RunTimeFleet runTime, FleetStates states)
    {
        var read = new StoredChange(runTime, states);
        foreach (var (key, value) in commit.Changes)
        {
            read = read.With(key, value, commit.Version);
        }
        return read;
    }

    /// <summary>What operators set of a server, a member, a farm or the engine.</summary>
    public static KeyChange Subject(string? farm, string? server, FleetStates states)
    {
        var state = states.Of(farm, server);
        var key = (farm, server) switch
        {
            (null, { } name) => $"states/servers/{Low(name)}",
            ({ } of, { } name) => $"states/members/{Low(of)}/{Low(name)}",
            ({ } name, null) => $"states/farms/{Low(name)}",
            _ => "states/engine",
        };
        return new KeyChange(key, state == FleetStates.Normal.Of(farm, server) ? null : Text(new StoredSubject(farm, server, state)));
    }

    /// <summary>Every subject whose state differs.</summary>
    public static IEnumerable<KeyChange> Subjects(FleetStates before, FleetStates after)
    {
        return before.Subjects().Concat(after.Subjects()).Where(s => before.Of(s.Farm, s.Server) != after.Of(s.Farm, s.Server))
            .Select(s => Subject(s.Farm, s.Server, after)).DistinctBy(c => c.Key);
    }

    public static KeyChange Entity(bool farm, string name, RunTimeEntity? entity) =>
        new($"{(farm ? "farms" : "servers")}/{Low(name)}", entity is null ? null : Text(entity));

    public static KeyChange Change(OperatorChange change) => new(ChangeKey(change.Id), Text(change));

    public static KeyChange WithoutChange(long id) => new(ChangeKey(id), null);

    public static KeyChange Request(MadeRequest request) => new($"requests/{Low(request.Id)}", Text(request));

    public static KeyChange WithoutRequest(string id) => new($"requests/{Low(id)}", null);

    private static string ChangeKey(long id) => string.Create(CultureInfo.InvariantCulture, $"changes/{id:D19}");

    private static string Low(string name) => name.ToLowerInvariant();

    private static string Text<T>(T value) => JsonSerializer.Serialize(value, DefinitionJson.Options);
}
