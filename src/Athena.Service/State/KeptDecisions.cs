namespace Athena.Service.State;

/// <summary>Until when decisions that callers keep may still be used: an operator's change is answered after that.</summary>
/// <remarks>
/// A caller counts the time from before it sent the question, and this process from after it came: so here it is over last, whatever the clocks say. Nobody
/// needs to be asked or to answer.
/// </remarks>
internal sealed class KeptDecisions(TimeProvider time)
{
    /// <summary>Longest time that a caller may keep a decision, and a change may wait.</summary>
    public static readonly TimeSpan Longest = TimeSpan.FromMilliseconds(100);

    private static readonly TimeSpan Margin = TimeSpan.FromMilliseconds(1);

    private long _until = long.MinValue;

    /// <summary>Notes that decisions are kept. To be called before the snapshot is read that decides them.</summary>
    public void Keep(TimeSpan life)
    {
        var until = time.GetTimestamp() + (long)(life.TotalSeconds * time.TimestampFrequency);
        var seen = Volatile.Read(ref _until);
        // An exchange in any case: what is read afterwards is not read before.
        while (Interlocked.CompareExchange(ref _until, Math.Max(seen, until), seen) is var now && now != seen)
        {
            seen = now;
        }
    }

    /// <summary>Ends when no decision can be used any more that was kept before now. To be called after the snapshot was published.</summary>
    public async Task PassedAsync()
    {
        var until = Interlocked.CompareExchange(ref _until, 0, 0);
        while (time.GetTimestamp() is var now && until > now)
        {
            await Task.Delay(time.GetElapsedTime(now, until) + Margin, time);
        }
    }
}
