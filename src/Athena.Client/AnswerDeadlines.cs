using Grpc.Core;

namespace Athena.Client;

/// <summary>Ends the wait of questions that were not answered in time: one timer for all, for a timer each costs more than the question. It sleeps while nobody asks.</summary>
internal sealed class AnswerDeadlines : IAsyncDisposable
{
    /// <summary>Not looked at again sooner.</summary>
    private static readonly TimeSpan ShortestLook = TimeSpan.FromMilliseconds(1);

    /// <summary>One that its asker gave up stays so long, for its answer may bring a lease to give back.</summary>
    private static readonly TimeSpan Forgotten = TimeSpan.FromSeconds(60);

    private readonly AskedQuestions _asked;
    private readonly TimeSpan _timeout;
    private readonly TimeProvider _time;
    private readonly ITimer _timer;
    private int _isWatching;

    public AnswerDeadlines(AskedQuestions asked, TimeSpan timeout, TimeProvider time)
    {
        (_asked, _timeout, _time) = (asked, timeout, time);
        _timer = time.CreateTimer(static deadlines => ((AnswerDeadlines)deadlines!).Look(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>A question was added.</summary>
    public void Watch()
    {
        if (Volatile.Read(ref _isWatching) == 0 && Interlocked.Exchange(ref _isWatching, 1) == 0)
        {
            _timer.Change(_timeout, Timeout.InfiniteTimeSpan);
        }
    }

    public ValueTask DisposeAsync() => _timer.DisposeAsync();

    private void Look()
    {
        // Never later than a question that is asked from now on has to end.
        var (next, isAnyLeft) = (_timeout, false);
        foreach (var pending in _asked.All)
        {
            var left = _timeout - _time.GetElapsedTime(pending.AskedAt);
            if (left <= TimeSpan.Zero)
            {
                pending.Fail(StatusCode.DeadlineExceeded, "the service did not answer in time");
                left += Forgotten;
            }
            if (left <= TimeSpan.Zero)
            {
                _asked.Take(pending.Id);
                continue;
            }
            isAnyLeft = true;
            next = left < next ? left : next;
        }
        if (isAnyLeft)
        {
            _timer.Change(next > ShortestLook ? next : ShortestLook, Timeout.InfiniteTimeSpan);
            return;
        }
        // Whoever was added after the look above sees that nobody watches, or is seen here.
        Interlocked.Exchange(ref _isWatching, 0);
        if (_asked.All.Any())
        {
            Watch();
        }
    }
}
