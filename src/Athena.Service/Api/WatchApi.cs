using Athena.Engine.Farms;
using Athena.V1;
using Grpc.Core;

namespace Athena.Service.Api;

/// <summary>Tells changes as they happen, on gRPC; <see cref="WatchHttp"/> does so over HTTP.</summary>
internal sealed class WatchApi(Watches watches, WatchTurns turns, WholeHealth whole, SnapshotHolder snapshots) : WatchService.WatchServiceBase
{
    public override Task WatchHealth(WatchHealthRequest request, IServerStreamWriter<WatchHealthResponse> responseStream, ServerCallContext context)
    {
        var filter = WatchFilter.Of(request, snapshots.Current, whole);
        return watches.RunAsync("health", request.HasResumeRevision ? request.ResumeRevision : null, filter.Messages,
            new GrpcWatchWriter<WatchHealthResponse>(responseStream, context, turns), context.CancellationToken);
    }

    public override Task WatchFleet(WatchFleetRequest request, IServerStreamWriter<WatchFleetResponse> responseStream, ServerCallContext context)
    {
        var farms = FleetMessages.KnownFarms(request, snapshots.Current);
        return watches.RunAsync("fleet", null, step => FleetMessages.Of(step, farms),
            new GrpcWatchWriter<WatchFleetResponse>(responseStream, context, turns), context.CancellationToken);
    }
}
