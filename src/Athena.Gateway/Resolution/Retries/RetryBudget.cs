namespace Athena.Gateway.Resolution.Retries;

/// <summary>How many retries a farm may still make: each request adds a part of one, each second one while they are few.</summary>
/// <remarks>So servers that all fail are not asked many times as often as visitors ask.</remarks>
internal sealed class RetryBudget(RetryOptions options, TimeProvider time)
{
    private const long One = 1000;

    /// <summary>Saved up at most: enough for what is in flight to a server that dies.</summary>
    private const long MostSaved = 500 * One;

    private readonly long _part = (long)(options.Budget * One);
    private readonly long _reserve = options.Reserve * One;
    private long _left = options.Reserve * One;
    private long _addedAt = time.GetTimestamp();

    /// <summary>One more request.</summary>
    public void Earn()
    {
        if (Volatile.Read(ref _left) < MostSaved)
        {
            Interlocked.Add(ref _left, _part);
        }
    }

    /// <summary>Takes one retry.</summary>
    /// <returns>False when there is none.</returns>
    public bool TrySpend()
    {
        AddByTime();
        while (Volatile.Read(ref _left) is var left && left >= One)
        {
            if (Interlocked.CompareExchange(ref _left, left - One, left) == left)
            {
                return true;
            }
        }
        return false;
    }

    private void AddByTime()
    {
        var since = Volatile.Read(ref _addedAt);
        var earned = (long)(time.GetElapsedTime(since).TotalSeconds * One);
        var left = Volatile.Read(ref _left);
        if (earned >= One && Interlocked.CompareExchange(ref _addedAt, time.GetTimestamp(), since) == since && left < _reserve)
        {
            Interlocked.Add(ref _left, Math.Min(earned, _reserve - left));
        }
    }
}
