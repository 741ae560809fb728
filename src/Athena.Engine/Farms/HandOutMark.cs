namespace Athena.Engine.Farms;

/// <summary>What a server had been given at some moment: from there on it is counted what more it has to do.</summary>
/// <param name="WithoutLease">Hand-outs without a lease, since the start.</param>
/// <param name="InFlight">Leases open.</param>
internal readonly record struct HandOutMark(long WithoutLease, long InFlight)
{
    /// <summary>The moment is now, and exact: for reports.</summary>
    public static HandOutMark Of(ServerCounters counters) => new(counters.Settle(), counters.InFlight);

    /// <summary>Now, as this thread knows it: for picks.</summary>
    public static HandOutMark Seen(ServerCounters counters) => Seen(counters, CounterBlock.Mine, out _);

    /// <summary>Now, as a stripe of threads knows it.</summary>
    /// <param name="counters">The server's.</param>
    /// <param name="stripe">The stripe.</param>
    /// <param name="chosen">All hand-outs since the start, as the stripe knows them.</param>
    public static HandOutMark Seen(ServerCounters counters, int stripe, out long chosen) => counters.Block.SeenMark(counters.Slot, stripe, out chosen);

    /// <summary>Hand-outs without a lease from this mark to another, and the leases open by then beyond those open at this one: less than zero when more have ended than began.</summary>
    /// <remarks>
    /// Leases are counted by themselves, exactly: a thread may miss a sixteenth of the hand-outs of others (<see cref="CounterBlock"/>), which of many is more than
    /// are ever in flight at once.
    /// </remarks>
    public long Until(in HandOutMark later) => Math.Max(0, later.WithoutLease - WithoutLease) + later.InFlight - InFlight;
}
