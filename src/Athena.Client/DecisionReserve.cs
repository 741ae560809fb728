using System.Collections.Concurrent;
using Athena.Client.Local;
using Athena.V1;

namespace Athena.Client;

/// <summary>Decisions of one farm that the service made ahead, for plain questions: fetched many to a message, each used within 10 ms of being asked for, or given back.</summary>
/// <remarks>
/// The age counts from before the question was sent, and the service answers an operator's change only when no decision made before it can still be used: so
/// whoever asks after the answer is decided for by the new state. As large as what is taken in 6 ms, so that most are used; a farm with limits has none,
/// for a decision that waits here would take somebody's place.
/// </remarks>
internal sealed class DecisionReserve
{
    /// <summary>How long a decision may be used.</summary>
    public static readonly TimeSpan Life = TimeSpan.FromMilliseconds(10);

    private const int Least = 2;
    private const int Most = 256;
    private const double SecondsAhead = 0.006;
    private static readonly TimeSpan Window = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan PauseAfterFailure = TimeSpan.FromMilliseconds(100);

    private readonly string _farm;
    private readonly SharedStreamClient _stream;
    private readonly LocalBalancer _local;
    private readonly TimeProvider _time;
    private readonly ITimer _stale;
    private readonly ConcurrentQueue<Kept> _kept = new();
    private readonly BalanceRequest _question;
    private int _count;
    private int _coming;
    private volatile bool _mayAsk = true;
    private volatile Task? _arriving;
    private long _taken;
    private long _windowBegan;
    private int _wanted;
    private long _limitsOf = -1;
    private bool _hasLimits = true;

    /// <summary>Of this farm, over this stream, for as long as the fleet is as last told here.</summary>
    public DecisionReserve(string farm, SharedStreamClient stream, LocalBalancer local, TimeProvider time)
    {
        (_farm, _stream, _local, _time) = (farm, stream, local, time);
        _question = new BalanceRequest { Farm = farm, Lease = true };
        _windowBegan = time.GetTimestamp();
        _stale = time.CreateTimer(static reserve => ((DecisionReserve)reserve!).GiveBackStale(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Ends when decisions asked for are here, or with why they are not; null: none were asked for, or they are here. Waiting for them costs less than another question, and no longer.</summary>
    public Task? Arriving => _arriving is { IsCompleted: false } arriving ? arriving : null;

    /// <summary>Whether a decision can take somebody's place: the farm or one of its servers has a limit, or nobody knows.</summary>
    public bool HasLimits
    {
        get
        {
            var revision = _local.Revision;
            if (Volatile.Read(ref _limitsOf) != revision)
            {
                _hasLimits = _local.HasLimits(_farm);
                Volatile.Write(ref _limitsOf, revision);
            }
            return _hasLimits;
        }
    }

    /// <summary>A decision made ahead, for one more question; null when there is none.</summary>
    public BalanceResponse? TryTake()
    {
        Measure();
        return Take();
    }

    /// <summary>A decision made ahead, for a question that was counted and has waited; null when there is none.</summary>
    public BalanceResponse? Take()
    {
        BalanceResponse? found = null;
        while (found is null && _kept.TryDequeue(out var kept))
        {
            Interlocked.Decrement(ref _count);
            if (IsFresh(kept))
            {
                found = kept.Decision;
            }
            else
            {
                GiveBack(kept.Decision);
            }
        }
        var wanted = Volatile.Read(ref _wanted);
        // What was asked for counts as there: a second question goes out while the first is on its way when visitors take faster than it comes.
        var had = Volatile.Read(ref _coming) + Volatile.Read(ref _count);
        if (wanted >= Least && had <= wanted / 2 && _mayAsk && !HasLimits)
        {
            var missing = wanted - had;
            if (Interlocked.Add(ref _coming, missing) <= wanted)
            {
                _ = RefillAsync(missing);
            }
            else
            {
                // Somebody else asked at this moment.
                Interlocked.Add(ref _coming, -missing);
            }
        }
        return found;
    }

    /// <summary>Gives all back: what they were decided by has changed.</summary>
    public void Clear()
    {
        while (_kept.TryDequeue(out var kept))
        {
            Interlocked.Decrement(ref _count);
            GiveBack(kept.Decision);
        }
    }

    private bool IsFresh(in Kept kept) => _time.GetElapsedTime(kept.AskedAt) < Life && kept.Decision.Revision >= _local.Revision;

    private void GiveBack(BalanceResponse unused)
    {
        if (unused.Lease is not null)
        {
            _stream.ReportSoon(new Outcome { DecisionId = unused.DecisionId, Kind = OutcomeKind.Cancelled });
        }
    }

    /// <summary>Counts what is asked for, and works out once a window how many to have ahead.</summary>
    private void Measure()
    {
        Interlocked.Increment(ref _taken);
        var began = Volatile.Read(ref _windowBegan);
        var elapsed = _time.GetElapsedTime(began);
        if (elapsed >= Window && Interlocked.CompareExchange(ref _windowBegan, _time.GetTimestamp(), began) == began)
        {
            var rate = Interlocked.Exchange(ref _taken, 0) / elapsed.TotalSeconds;
            Volatile.Write(ref _wanted, (int)Math.Min(rate * SecondsAhead, Most));
        }
    }

    private void GiveBackStale()
    {
        while (_kept.TryPeek(out var first) && !IsFresh(first) && _kept.TryDequeue(out var stale))
        {
            Interlocked.Decrement(ref _count);
            GiveBack(stale.Decision);
        }
    }

    private async Task RefillAsync(int missing)
    {
        var arriving = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _arriving = arriving.Task;
        try
        {
            var asked = _time.GetTimestamp();
            foreach (var decision in await _stream.BalanceAheadAsync(_question, missing, Life).ConfigureAwait(false))
            {
                Interlocked.Increment(ref _count);
                _kept.Enqueue(new Kept(decision, asked));
            }
            arriving.SetResult();
            // What nobody took in time is given back then, not when somebody comes.
            _stale.Change(Life, Timeout.InfiniteTimeSpan);
        }
        catch (Exception e) when (e is AthenaException or ObjectDisposedException or OperationCanceledException)
        {
            arriving.SetException(e);
            // Who waited is told so; it is nobody's fault when nobody did.
            _ = arriving.Task.Exception;
            _mayAsk = false;
            await Task.Delay(PauseAfterFailure, _time).ConfigureAwait(false);
            _mayAsk = true;
        }
        finally
        {
            Interlocked.Add(ref _coming, -missing);
        }
    }

    private readonly record struct Kept(BalanceResponse Decision, long AskedAt);
}
