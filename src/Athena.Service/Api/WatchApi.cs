using Athena.Engine.Farms;
using Athena.Service.Contract;
using Athena.Service.State;
using Athena.Service.Telemetry;
using Athena.V1;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;

namespace Athena.Service.Api;

/// <summary>Tells changes as they happen. Each stream keeps its place in the log; nothing waits for a slow reader.</summary>
internal sealed class WatchApi(SnapshotHolder snapshots, ChangeLog log, AthenaMetrics metrics, TimeProvider time, IHostApplicationLifetime lifetime) : WatchService.WatchServiceBase
{
    private static readonly TimeSpan BookmarkEvery = TimeSpan.FromSeconds(10);

    public override async Task WatchHealth(WatchHealthRequest request, IServerStreamWriter<WatchHealthResponse> responseStream, ServerCallContext context)
    {
        var filter = WatchFilter.Of(request, snapshots.Current);
        var resume = request.HasResumeRevision ? request.ResumeRevision : (long?)null;
        await WatchAsync("health", resume, context, async (step, cancellation) =>
        {
            foreach (var message in filter.Messages(step))
            {
                await responseStream.WriteAsync(message, cancellation);
            }
        });
    }

    public override async Task WatchFleet(WatchFleetRequest request, IServerStreamWriter<WatchFleetResponse> responseStream, ServerCallContext context)
    {
        var farms = FleetMessages.KnownFarms(request, snapshots.Current);
        await WatchAsync("fleet", null, context, (step, cancellation) =>
            FleetMessages.Of(step, farms) is { } message ? responseStream.WriteAsync(message, cancellation) : Task.CompletedTask);
    }

    /// <summary>Sends a snapshot (or resumes), then changes as they come and bookmarks when none do, until the reader or the service goes away.</summary>
    private async Task WatchAsync(string kind, long? resume, ServerCallContext context, Func<WatchStep, CancellationToken, Task> send)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(context.CancellationToken, lifetime.ApplicationStopping);
        metrics.Watching(kind, 1);
        try
        {
            var (place, revision) = await BeginAsync(resume, send, ending.Token);
            var changes = new List<FleetChange>();
            while (true)
            {
                changes.Clear();
                var next = log.Read(place, changes, out var more);
                if (next < 0)
                {
                    (place, revision) = await SendSnapshotAsync(resynchronised: true, send, ending.Token);
                    continue;
                }
                place = next;
                changes.RemoveAll(c => c.Revision <= revision);
                if (changes.Count > 0)
                {
                    revision = changes[^1].Revision;
                    var merged = MergedChange.Merge(changes);
                    metrics.Merged(changes.Count - merged.Count);
                    await send(new WatchStep(snapshots.Current, revision) { Changes = merged }, ending.Token);
                }
                else if (!await HappensSoonAsync(more, ending.Token))
                {
                    await send(new WatchStep(snapshots.Current, revision), ending.Token);
                }
            }
        }
        catch (OperationCanceledException) when (ending.IsCancellationRequested)
        {
            // The reader went away or the service stops: both end the stream as it should.
        }
        finally
        {
            metrics.Watching(kind, -1);
        }
    }

    private async Task<(long Place, long Revision)> BeginAsync(long? resume, Func<WatchStep, CancellationToken, Task> send, CancellationToken cancellation)
    {
        if (resume is not { } asked)
        {
            return await SendSnapshotAsync(resynchronised: false, send, cancellation);
        }
        var revision = log.Shared(asked);
        return revision <= snapshots.Current.Revision && log.TryFind(revision, out var place)
            ? (place, revision)
            : await SendSnapshotAsync(resynchronised: true, send, cancellation);
    }

    private async Task<(long Place, long Revision)> SendSnapshotAsync(bool resynchronised, Func<WatchStep, CancellationToken, Task> send, CancellationToken cancellation)
    {
        // The place first: changes that the snapshot has already are skipped by their revision.
        var place = log.Head;
        var snapshot = snapshots.Current;
        await send(new WatchStep(snapshot, snapshot.Revision) { IsSnapshot = true, Resynchronised = resynchronised }, cancellation);
        return (place, snapshot.Revision);
    }

    private async Task<bool> HappensSoonAsync(Task more, CancellationToken cancellation)
    {
        try
        {
            await more.WaitAsync(BookmarkEvery, time, cancellation);
            return true;
        }
        catch (TimeoutException)
        {
            return false;
        }
    }
}

/// <summary>What a watch sends next: a snapshot, changes, or (neither) a bookmark.</summary>
internal sealed record WatchStep(Snapshot Snapshot, long Revision)
{
    public bool IsSnapshot { get; init; }

    public bool Resynchronised { get; init; }

    public IReadOnlyList<MergedChange> Changes { get; init; } = [];
}

/// <summary>The changes of one subject since a reader last read: the state before the first and after the last.</summary>
internal sealed record MergedChange(FleetChange First, FleetChange Last, int Count)
{
    public static List<MergedChange> Merge(List<FleetChange> changes)
    {
        var bySubject = new Dictionary<string, MergedChange>(EntityName.Comparer);
        foreach (var change in changes)
        {
            var subject = change.ServerName is { } server ? $"server/{server}" : $"farm/{change.FarmName}";
            bySubject[subject] = bySubject.TryGetValue(subject, out var known) ? known with { Last = change, Count = known.Count + 1 } : new MergedChange(change, change, 1);
        }
        return [.. bySubject.Values.OrderBy(c => c.Last.Revision)];
    }

    public HealthChange ToMessage()
    {
        var message = new HealthChange
        {
            Revision = Last.Revision,
            ChangeTime = Timestamp.FromDateTimeOffset(Last.Time),
            Actor = Last.Actor,
            Reason = Last.Reason,
            Merged = (uint)(Count - 1),
        };
        if (Last.ServerName is { } server)
        {
            message.Server = new ServerChange { Server = server, OldStatus = First.OldServer?.ToStatus(), NewStatus = Last.NewServer?.ToStatus() };
        }
        else
        {
            message.Farm = new FarmChange { Farm = Last.FarmName, OldStatus = First.OldFarm?.ToStatus(), NewStatus = Last.NewFarm?.ToStatus() };
        }
        return message;
    }
}
