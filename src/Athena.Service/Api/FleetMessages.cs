using Athena.Engine.Farms;
using Athena.Service.Contract;
using Athena.V1;

namespace Athena.Service.Api;

/// <summary>What a fleet stream sends: the farms it follows, with their servers.</summary>
internal static class FleetMessages
{
    /// <summary>The farms asked for; null: all.</summary>
    /// <exception cref="Grpc.Core.RpcException">Nobody has one of the names.</exception>
    public static HashSet<string>? KnownFarms(WatchFleetRequest request, Engine.Farms.Snapshot snapshot)
    {
        if (request.Farms.FirstOrDefault(f => snapshot.FindFarm(f) is null) is { } farm)
        {
            throw ApiErrors.FarmNotFound(farm, snapshot).AsException();
        }
        return request.Farms.Count == 0 ? null : new HashSet<string>(request.Farms, EntityName.Comparer);
    }

    /// <summary>What a reader gets of a step: one message, or none when nothing of it concerns the reader.</summary>
    public static WatchMessages Of(WatchStep step, HashSet<string>? farms) => step switch
    {
        { IsSnapshot: true } => Message(Everything(step, farms), "snapshot"),
        { Batch: null } => Message(Started(step), "bookmark"),
        { Batch.Changes.Count: 0 } => new([]),
        { Batch: { } batch } when farms is null => batch.WholeFleet(() => Message(Changed(step, batch, null), "change", isShared: true)),
        { Batch: { } batch } => Changed(step, batch, farms) is var changed && IsEmpty(changed) ? new([]) : Message(changed, "change"),
    };

    private static WatchMessages Message(WatchFleetResponse message, string name, bool isShared = false) => new([new WatchMessage(message, message.Revision, name)], isShared);

    private static WatchFleetResponse Started(WatchStep step) => new() { Revision = step.Revision, Engine = step.Snapshot.Engine.State.ToMessage() };

    private static WatchFleetResponse Everything(WatchStep step, HashSet<string>? farms)
    {
        var message = Started(step);
        message.Snapshot = true;
        var wanted = step.Snapshot.Farms.Where(f => farms?.Contains(f.Name) != false).ToArray();
        message.Farms.AddRange(wanted.Select(f => f.ToMessage()));
        var names = wanted.SelectMany(f => f.Members).Select(m => m.Declared.Name).ToHashSet(EntityName.Comparer);
        message.Servers.AddRange(step.Snapshot.Servers.Where(s => farms is null || names.Contains(s.Name)).Select(s => s.ToMessage()));
        return message;
    }

    private static WatchFleetResponse Changed(WatchStep step, WatchBatch batch, HashSet<string>? farms)
    {
        var message = Started(step);
        foreach (var change in batch.Changes)
        {
            Add(message, change, step.Snapshot, farms);
        }
        return message;
    }

    private static bool IsEmpty(WatchFleetResponse message) =>
        message is { Farms.Count: 0, Servers.Count: 0, RemovedFarms.Count: 0, RemovedServers.Count: 0 };

    private static void Add(WatchFleetResponse message, MergedChange change, Engine.Farms.Snapshot snapshot, HashSet<string>? farms)
    {
        if (change.Last.FarmName is { } farm)
        {
            if (farms?.Contains(farm) == false)
            {
                return;
            }
            if (snapshot.FindFarm(farm) is { } present)
            {
                message.Farms.Add(present.ToMessage());
            }
            else
            {
                message.RemovedFarms.Add(farm);
            }
        }
        else if (change.Last.ServerName is { } server)
        {
            if (snapshot.FindServer(server) is not { } present)
            {
                message.RemovedServers.Add(server);
            }
            else if (farms is null || snapshot.HasMember(farms, server))
            {
                message.Servers.Add(present.ToMessage());
            }
        }
    }
}
