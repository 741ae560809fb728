using Athena.Engine.Farms;
using Athena.Service.State;
using Athena.Service.Telemetry;

namespace Athena.Service.Api;

/// <summary>What a watch sends next: a snapshot, changes, or (neither) a bookmark.</summary>
internal sealed record WatchStep(Snapshot Snapshot, long Revision)
{
    public bool IsSnapshot { get; init; }

    public bool Resynchronised { get; init; }

    /// <summary>The changes; null: none.</summary>
    public WatchBatch? Batch { get; init; }
}

/// <summary>Runs watch streams of any kind: each keeps its place in the log; nothing waits for a slow reader.</summary>
internal sealed class Watches(SnapshotHolder snapshots, ChangeLog log, ChangeFeed feed, AthenaMetrics metrics, TimeProvider time, IHostApplicationLifetime lifetime)
{
    private static readonly TimeSpan BookmarkEvery = TimeSpan.FromSeconds(10);

    /// <summary>Sends a snapshot (or resumes), then changes as they come and bookmarks when there is nothing to say, until the reader or the service goes away.</summary>
    /// <param name="kind">What is watched, for the metrics.</param>
    /// <param name="resume">Send what changed after this revision; null: begin with a snapshot.</param>
    /// <param name="messages">The messages that this reader gets of a step.</param>
    /// <param name="writer">Where they go.</param>
    /// <param name="reader">Ends when the reader goes away.</param>
    public async Task RunAsync(string kind, long? resume, Func<WatchStep, WatchMessages> messages, WatchWriter writer, CancellationToken reader)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(reader, lifetime.ApplicationStopping);
        metrics.Watching(kind, 1);
        try
        {
            await RunAsync(resume, step => SendAsync(messages(step), writer, ending.Token), writer, ending.Token);
        }
        catch (OperationCanceledException)
        {
            // The reader went away or the service stops: both end the stream as it should.
        }
        finally
        {
            writer.Dispose();
            metrics.Watching(kind, -1);
        }
    }

    private static async Task<bool> SendAsync(WatchMessages messages, WatchWriter writer, CancellationToken cancellation)
    {
        await writer.BeginAsync(cancellation);
        var any = await writer.WriteAsync(messages, cancellation);
        await writer.SendAsync(cancellation);
        return any;
    }

    private async Task RunAsync(long? resume, Func<WatchStep, Task<bool>> send, WatchWriter writer, CancellationToken cancellation)
    {
        var after = log.Shared(resume ?? 0);
        var (place, revision) = resume is not null && after <= snapshots.Current.Revision && log.TryFind(after, out var found)
            ? (found, after)
            : await SendSnapshotAsync(resynchronised: resume is not null, send);
        var sent = time.GetTimestamp();
        // Who resumes gets at once all there is.
        var known = resume is null ? 0 : log.Head;
        while (true)
        {
            var horizon = feed.Horizon;
            var to = Math.Max(horizon.Place, known);
            if (to <= place)
            {
                if (!await PassesAsync(horizon, BookmarkEvery - time.GetElapsedTime(sent), cancellation))
                {
                    await send(new WatchStep(snapshots.Current, revision));
                    sent = time.GetTimestamp();
                }
                continue;
            }
            // Read in turn: a reader that waited for its turn has more merged by then.
            await writer.BeginAsync(cancellation);
            if (feed.Read(place, Math.Max(feed.Horizon.Place, known), revision) is not { } batch)
            {
                (place, revision) = await SendSnapshotAsync(resynchronised: true, send);
                sent = time.GetTimestamp();
                continue;
            }
            (place, revision) = (batch.To, batch.Revision);
            metrics.Merged(batch.Merged);
            if (await send(new WatchStep(snapshots.Current, revision) { Batch = batch }))
            {
                sent = time.GetTimestamp();
            }
        }
    }

    private async Task<(long Place, long Revision)> SendSnapshotAsync(bool resynchronised, Func<WatchStep, Task<bool>> send)
    {
        // The place first: changes that the snapshot has already are skipped by their revision.
        var place = log.Head;
        var snapshot = snapshots.Current;
        await send(new WatchStep(snapshot, snapshot.Revision) { IsSnapshot = true, Resynchronised = resynchronised });
        return (place, snapshot.Revision);
    }

    /// <summary>Whether the horizon passes in time.</summary>
    private async Task<bool> PassesAsync(Horizon horizon, TimeSpan wait, CancellationToken cancellation)
    {
        if (wait <= TimeSpan.Zero)
        {
            return false;
        }
        try
        {
            await horizon.Passed.WaitAsync(wait, time, cancellation);
            return true;
        }
        catch (TimeoutException)
        {
            return false;
        }
    }
}
