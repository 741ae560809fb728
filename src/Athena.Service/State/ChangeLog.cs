using Athena.Engine.Farms;

namespace Athena.Service.State;

/// <summary>One change of one subject: either the servers or the farms are given.</summary>
internal sealed record FleetChange(long Revision, DateTimeOffset Time, string Actor, string Reason)
{
    public Server? OldServer { get; init; }

    public Server? NewServer { get; init; }

    public FarmView? OldFarm { get; init; }

    public FarmView? NewFarm { get; init; }

    /// <summary>The server's name; null when a farm changed.</summary>
    public string? ServerName => (NewServer ?? OldServer)?.Name;

    /// <summary>The farm's name; null when a server changed.</summary>
    public string? FarmName => (NewFarm ?? OldFarm)?.Name;
}

/// <summary>The last changes, for any number of readers who each keep their place.</summary>
/// <remarks>Bounded: a reader that falls behind by more than <see cref="Capacity"/> changes is told so and starts from a snapshot. Writing costs the same with no reader and with thousands.</remarks>
internal sealed class ChangeLog
{
    /// <summary>Changes kept.</summary>
    public const int Capacity = 8192;

    private readonly Lock _access = new();
    private readonly FleetChange[] _ring = new FleetChange[Capacity];
    private long _head;
    private long _forgottenRevision;
    private int _localBits;
    private TaskCompletionSource _more = NewSignal();

    /// <summary>The place after the last change.</summary>
    public long Head
    {
        get
        {
            lock (_access)
            {
                return _head;
            }
        }
    }

    /// <summary>Adds all changes of one revision.</summary>
    public void Append(IReadOnlyList<FleetChange> changes)
    {
        if (changes.Count == 0)
        {
            return;
        }
        TaskCompletionSource waiting;
        lock (_access)
        {
            foreach (var change in changes)
            {
                var place = (int)(_head % Capacity);
                _forgottenRevision = _ring[place]?.Revision ?? _forgottenRevision;
                _ring[place] = change;
                _head++;
            }
            (waiting, _more) = (_more, NewSignal());
        }
        waiting.SetResult();
    }

    /// <summary>Told at the start: changes up to here were never in the log.</summary>
    /// <param name="revision">The present revision.</param>
    /// <param name="localBits">Lowest bits of a revision that other services on the same store count otherwise.</param>
    public void StartAt(long revision, int localBits = 0)
    {
        lock (_access)
        {
            _localBits = localBits;
            _forgottenRevision = Math.Max(_forgottenRevision, revision);
        }
    }

    /// <summary>A revision without what one service of many counts by itself: a reader that comes from another one resumes there.</summary>
    public long Shared(long revision)
    {
        lock (_access)
        {
            return revision >> _localBits << _localBits;
        }
    }

    /// <summary>Finds the place of the first change after a revision.</summary>
    /// <returns>False when changes after it are no longer known.</returns>
    public bool TryFind(long revision, out long place)
    {
        lock (_access)
        {
            place = _head;
            if (revision < _forgottenRevision)
            {
                return false;
            }
            while (place > Math.Max(0, _head - Capacity) && _ring[(place - 1) % Capacity].Revision > revision)
            {
                place--;
            }
            return true;
        }
    }

    /// <summary>The place after the last change, and a task that ends when there are more.</summary>
    public long Look(out Task more)
    {
        lock (_access)
        {
            more = _more.Task;
            return _head;
        }
    }

    /// <summary>Takes the changes from one place up to another.</summary>
    /// <returns>The next place; -1 when changes in between are no longer known.</returns>
    public long Read(long place, long upTo, List<FleetChange> into)
    {
        lock (_access)
        {
            if (place < _head - Capacity)
            {
                return -1;
            }
            for (; place < Math.Min(_head, upTo); place++)
            {
                into.Add(_ring[place % Capacity]);
            }
            return place;
        }
    }

    /// <summary>Takes the changes from a place on, or a task that ends when there are some.</summary>
    /// <returns>The next place; -1 when changes in between are no longer known.</returns>
    public long Read(long place, List<FleetChange> into, out Task more)
    {
        lock (_access)
        {
            more = _more.Task;
            return Read(place, _head, into);
        }
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
