using System.Runtime.CompilerServices;
using Athena.Engine.Farms;
using Athena.Service.Contract;
using Athena.V1;

namespace Athena.Service.Api;

/// <summary>What one health stream wants to see.</summary>
internal sealed class WatchFilter
{
    private const int MaxNames = 10_000;

    private readonly HashSet<string> _farms = new(EntityName.Comparer);
    private readonly HashSet<string> _servers = new(EntityName.Comparer);
    private readonly bool _everything;

    private readonly WholeHealth _whole;

    private WatchFilter(WatchHealthRequest request, WholeHealth whole)
    {
        _whole = whole;
        _farms.UnionWith(request.Farms);
        _servers.UnionWith(request.Servers);
        _everything = _farms.Count == 0 && _servers.Count == 0;
    }

    /// <exception cref="Grpc.Core.RpcException">A name is not one, or nobody has it.</exception>
    public static WatchFilter Of(WatchHealthRequest request, Engine.Farms.Snapshot snapshot, WholeHealth whole)
    {
        var checks = new RequestChecks();
        checks.Count("farms", request.Farms.Count, MaxNames);
        checks.Count("servers", request.Servers.Count, MaxNames);
        checks.ThrowIfAny();
        if (request.Farms.FirstOrDefault(f => snapshot.FindFarm(f) is null) is { } farm)
        {
            throw ApiErrors.FarmNotFound(farm, snapshot).AsException();
        }
        if (request.Servers.FirstOrDefault(s => snapshot.FindServer(s) is null) is { } server)
        {
            throw ApiErrors.ServerNotFound(server, snapshot).AsException();
        }
        return new WatchFilter(request, whole);
    }

    /// <summary>What this stream sends of a step: nothing when no change concerns it.</summary>
    public WatchMessages Messages(WatchStep step)
    {
        if (step.IsSnapshot)
        {
            return _everything && !step.Resynchronised ? _whole.Of(step.Snapshot, () => SnapshotMessage(step, isShared: true)) : SnapshotMessage(step);
        }
        if (step.Batch is { } batch)
        {
            return _everything ? batch.WholeHealth : new WatchMessages(batch.Changes.Where(c => Wants(c, step.Snapshot)).Select(c => c.Message));
        }
        return new WatchMessages([new WatchMessage(new WatchHealthResponse { Bookmark = new Bookmark { Revision = step.Revision } }, step.Revision, "bookmark")]);
    }

    private WatchMessages SnapshotMessage(WatchStep step, bool isShared = false) =>
        new([new WatchMessage(new WatchHealthResponse { Snapshot = SnapshotOf(step) }, step.Revision, "snapshot")], isShared);

    private HealthSnapshot SnapshotOf(WatchStep step) => new()
    {
        Revision = step.Revision,
        Resynchronised = step.Resynchronised,
        Farms = { step.Snapshot.Farms.Where(f => _everything || _farms.Contains(f.Name)).Select(f => new FarmHealth { Farm = f.Name, Status = f.ToStatus() }) },
        Servers = { step.Snapshot.Servers.Where(s => WantsServer(s.Name, step.Snapshot)).Select(s => new ServerHealth { Server = s.Name, Status = s.ToStatus() }) },
    };

    private bool Wants(MergedChange change, Engine.Farms.Snapshot snapshot) =>
        change.Last.ServerName is { } server ? WantsServer(server, snapshot) : _farms.Contains(change.Last.FarmName!);

    private bool WantsServer(string server, Engine.Farms.Snapshot snapshot) =>
        _everything || _servers.Contains(server) || snapshot.HasMember(_farms, server);
}

/// <summary>The message with everything of a snapshot, made once for all who begin to watch at that revision.</summary>
internal sealed class WholeHealth
{
    private readonly ConditionalWeakTable<Engine.Farms.Snapshot, WatchMessages> _messages = [];

    public WatchMessages Of(Engine.Farms.Snapshot snapshot, Func<WatchMessages> make) => _messages.GetValue(snapshot, _ => make());
}
