namespace Athena.Engine.Farms;

/// <summary>One server's counters.</summary>
internal readonly record struct ServerCounters(CounterBlock Block, int Slot)
{
    /// <summary>Leases open.</summary>
    public long InFlight => Block.InFlight(Slot);

    public long Chosen => Block.Chosen(Slot);

    public bool IsWatched => Block.IsWatched(Slot);

    public void SetWatched(bool isWatched) => Block.SetWatched(Slot, isWatched);

    /// <summary>One more lease, and so a hand-out.</summary>
    /// <returns>How many are open with it.</returns>
    public long Enter() => Block.Enter(Slot);

    /// <summary>Counts one hand-out without a lease.</summary>
    /// <returns>Whether the other stripes were told.</returns>
    public bool HandOut() => Block.HandOut(Slot);

    public long Settle() => Block.Settle(Slot);

    /// <summary>Outcomes reported as success.</summary>
    public long Successes => Block.Successes(Slot);

    public void Succeed() => Block.Succeed(Slot);

    /// <summary>The same numbers in a place of its own.</summary>
    public ServerCounters CopyTo(ServerCounters place)
    {
        place.Block.Take(place.Slot, Block, Slot);
        return place;
    }

    public ref long this[SharedCounter counter] => ref Block.Shared(Slot, counter);
}

/// <summary>Counters of a server that all threads write.</summary>
internal enum SharedCounter
{
    /// <summary>Hand-outs that stripes told of.</summary>
    Told,

    /// <summary>Leases that have ended. Read before <see cref="Opened"/>, so that never more have ended than were opened.</summary>
    Ended,

    /// <summary>Leases opened, since the start: each of them a hand-out.</summary>
    Opened,

    /// <summary>Outcomes reported as failure.</summary>
    Failures,
}
