namespace Athena.Engine.Farms;

/// <summary>What a server had been given at some moment: from there on it is counted what more it has to do.</summary>
internal readonly record struct HandOutMark(long Chosen, long InFlight, long Ended)
{
    /// <summary>The moment is now, and exact: for reports.</summary>
    public static HandOutMark Of(ServerCounters counters) =>
        new(counters.Settle(), counters.InFlight, Volatile.Read(ref counters[SharedCounter.Ended]));

    /// <summary>Now, as this thread knows it: for picks.</summary>
    public static HandOutMark Seen(ServerCounters counters) =>
        new(counters.Seen, counters.InFlight, Volatile.Read(ref counters[SharedCounter.Ended]));

    /// <summary>Hand-outs without a lease from this mark to another, and the leases open by then beyond those open at this one: less than zero when more have ended than began.</summary>
    /// <remarks>
    /// Leases are counted by themselves, exactly: a thread may miss a sixteenth of the hand-outs of others (<see cref="CounterBlock"/>), which of many is more than
    /// are ever in flight at once.
    /// </remarks>
    public long Until(in HandOutMark later)
    {
        var leases = later.InFlight - InFlight;
        var opened = leases + later.Ended - Ended;
        return Math.Max(0, later.Chosen - Chosen - opened) + leases;
    }
}
