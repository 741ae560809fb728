using Athena.Engine.Farms;
using Athena.Hosting;
using Athena.Service.State;

namespace Athena.Service.Api;

/// <summary>What all watchers read: the change log, let out in steps, so that thousands of readers share what is made of each.</summary>
/// <remarks>
/// The first change after a quiet time goes out at once; what follows goes out together when all readers have had the step before, <see cref="Tick"/> after it
/// at the earliest and <see cref="Longest"/> after it at the latest. So readers stay in step however many they are, and take the same
/// changes from the same place: these are merged and written as messages once for all, and the more there is to write the more is merged.
/// </remarks>
internal sealed class ChangeFeed(ChangeLog log, WatchTurns turns, TimeProvider time) : HostedLoop
{
    /// <summary>Least time between two steps.</summary>
    public static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(50);

    /// <summary>Most time between two steps while there are changes.</summary>
    public static readonly TimeSpan Longest = TimeSpan.FromSeconds(1);

    /// <summary>Steps shared: readers that are further apart share nothing.</summary>
    private const int Kept = 8;

    private readonly Lock _access = new();
    private readonly Queue<WatchBatch> _batches = new();
    private volatile Horizon _horizon = new(0);

    /// <summary>How far readers may read.</summary>
    public Horizon Horizon => _horizon;

    /// <summary>The changes from one place up to another that are newer than a revision, merged.</summary>
    /// <returns>Null when changes in between are no longer known.</returns>
    public WatchBatch? Read(long place, long to, long after)
    {
        lock (_access)
        {
            foreach (var batch in _batches)
            {
                if (batch.From == place && batch.To == to && batch.After == after)
                {
                    return batch;
                }
            }
            var changes = new List<FleetChange>();
            var next = log.Read(place, to, changes);
            if (next < 0)
            {
                return null;
            }
            changes.RemoveAll(c => c.Revision <= after);
            var made = new WatchBatch(place, to, after, changes);
            _batches.Enqueue(made);
            if (_batches.Count > Kept)
            {
                _batches.Dequeue();
            }
            return made;
        }
    }

    protected override async Task RunAsync(CancellationToken stopping)
    {
        while (true)
        {
            var head = log.Look(out var more);
            if (head == _horizon.Place)
            {
                await more.WaitAsync(stopping);
                continue;
            }
            var passed = _horizon;
            _horizon = new Horizon(head);
            passed.Pass();
            await Task.Delay(Tick, time, stopping);
            await Task.WhenAny(turns.IdleAsync(), Task.Delay(Longest - Tick, time, stopping));
        }
    }
}

/// <summary>How far readers may read, until it moves on.</summary>
internal sealed class Horizon(long place)
{
    private readonly TaskCompletionSource _passed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>The place after the last change that may be read.</summary>
    public long Place => place;

    /// <summary>Ends when there is a further one.</summary>
    public Task Passed => _passed.Task;

    public void Pass() => _passed.SetResult();
}

/// <summary>The changes between two places, merged by subject; shared by all readers that go from the one to the other.</summary>
internal sealed class WatchBatch
{
    private WatchMessages? _health;
    private WatchMessages? _fleet;

    public WatchBatch(long from, long to, long after, List<FleetChange> changes)
    {
        (From, To, After) = (from, to, after);
        Changes = MergedChange.Merge(changes);
        Merged = changes.Count - Changes.Count;
        Revision = changes.Count > 0 ? changes[^1].Revision : after;
    }

    public long From { get; }

    public long To { get; }

    public long After { get; }

    /// <summary>The revision it brings a reader to.</summary>
    public long Revision { get; }

    /// <summary>In the order of their last revision.</summary>
    public IReadOnlyList<MergedChange> Changes { get; }

    /// <summary>Changes that went up in a later one.</summary>
    public int Merged { get; }

    /// <summary>What a reader of everybody's health gets.</summary>
    public WatchMessages WholeHealth => _health ??= new WatchMessages(Changes.Select(c => c.Message), isShared: true);

    /// <summary>What a reader of the whole fleet gets, made by the first who wants it.</summary>
    public WatchMessages WholeFleet(Func<WatchMessages> make) => _fleet ??= make();
}
