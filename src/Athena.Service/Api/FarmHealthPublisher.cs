using Athena.Engine.Farms;
using Athena.Hosting;
using Athena.Service.State;
using Grpc.Health.V1;
using Grpc.HealthCheck;

namespace Athena.Service.Api;

/// <summary>Keeps grpc.health.v1 true: the service itself, its gRPC services and `farm/NAME` for every farm.</summary>
internal sealed class FarmHealthPublisher(HealthServiceImpl health, SnapshotHolder snapshots, ChangeLog log) : HostedLoop
{
    private static readonly string[] Services =
        ["", V1.BalancerService.Descriptor.FullName, V1.StatsService.Descriptor.FullName, V1.FleetService.Descriptor.FullName, V1.WatchService.Descriptor.FullName];

    private readonly HashSet<string> _published = new(EntityName.Comparer);

    public override Task StopAsync(CancellationToken cancellationToken)
    {
        foreach (var name in Services)
        {
            health.SetStatus(name, HealthCheckResponse.Types.ServingStatus.NotServing);
        }
        return base.StopAsync(cancellationToken);
    }

    protected override async Task RunAsync(CancellationToken stopping)
    {
        var place = log.Head;
        foreach (var name in Services)
        {
            health.SetStatus(name, HealthCheckResponse.Types.ServingStatus.Serving);
        }
        var changes = new List<FleetChange>();
        while (true)
        {
            Publish(snapshots.Current);
            changes.Clear();
            var next = log.Read(place, changes, out var more);
            place = next < 0 ? log.Head : next;
            if (changes.Count == 0 && next >= 0)
            {
                await more.WaitAsync(stopping);
            }
        }
    }

    private void Publish(Snapshot snapshot)
    {
        foreach (var farm in snapshot.Farms)
        {
            _published.Add(farm.Name);
            health.SetStatus($"farm/{farm.Name}", farm.IsServing ? HealthCheckResponse.Types.ServingStatus.Serving : HealthCheckResponse.Types.ServingStatus.NotServing);
        }
        foreach (var gone in _published.Where(name => snapshot.FindFarm(name) is null).ToArray())
        {
            _published.Remove(gone);
            health.ClearStatus($"farm/{gone}");
        }
    }
}
