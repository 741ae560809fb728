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

    private WatchFilter(WatchHealthRequest request)
    {
        _farms.UnionWith(request.Farms);
        _servers.UnionWith(request.Servers);
        _everything = _farms.Count == 0 && _servers.Count == 0;
    }

    /// <exception cref="Grpc.Core.RpcException">A name is not one, or nobody has it.</exception>
    public static WatchFilter Of(WatchHealthRequest request, Engine.Farms.Snapshot snapshot)
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
        return new WatchFilter(request);
    }

    public IEnumerable<WatchHealthResponse> Messages(WatchStep step)
    {
        if (step.IsSnapshot)
        {
            yield return new WatchHealthResponse { Snapshot = SnapshotOf(step) };
            yield break;
        }
        var sent = false;
        foreach (var change in step.Changes.Where(c => Wants(c, step.Snapshot)))
        {
            sent = true;
            yield return new WatchHealthResponse { Change = change.ToMessage() };
        }
        if (!sent && step.Changes.Count == 0)
        {
            yield return new WatchHealthResponse { Bookmark = new Bookmark { Revision = step.Revision } };
        }
    }

    private HealthSnapshot SnapshotOf(WatchStep step) => new()
    {
        Revision = step.Revision,
        Resynchronised = step.Resynchronised,
        Farms = { step.Snapshot.Farms.Where(f => _everything || _farms.Contains(f.Name)).Select(f => new FarmHealth { Farm = f.Name, Status = f.ToStatus() }) },
        Servers = { step.Snapshot.Servers.Where(s => WantsServer(s.Name, step.Snapshot)).Select(s => new ServerHealth { Server = s.Name, Status = s.ToStatus() }) },
    };

    private bool Wants(MergedChange change, Engine.Farms.Snapshot snapshot) =>
        change.Last.ServerName is { } server ? WantsServer(server, snapshot) : _everything || _farms.Contains(change.Last.FarmName!);

    private bool WantsServer(string server, Engine.Farms.Snapshot snapshot) =>
        _everything || _servers.Contains(server) || snapshot.HasMember(_farms, server);
}
