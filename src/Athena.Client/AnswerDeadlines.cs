using Grpc.Core;

namespace Athena.Client;

/// <summary>Ends the wait of questions that were not answered in time: one timer for all, for a timer each costs more than the question. It sleeps while nobody asks.</summary>
internal sealed class AnswerDeadlines : IAsyncDisposable
{
    private const long Asleep = long.MaxValue;

    /// <summary>Not looked at again sooner.</summary>
    private static readonly TimeSpan ShortestLook = TimeSpan.FromMilliseconds(1);

    /// <summary>One that its asker gave up stays so long, for its answer may bring a lease to give back.</summary>
    private static readonly TimeSpan Forgotten = TimeSpan.FromSeconds(60);

    private readonly AskedQuestions _asked;
    private readonly TimeSpan _timeout;
    private readonly TimeProvider _time;
    private readonly ITimer _timer;
    private readonly Lock _winding = new();
    private long _nextLook = Asleep;

    public AnswerDeadlines(AskedQuestions asked, TimeSpan timeout, TimeProvider time)
    {
        (_asked, _timeout, _time) = (asked, timeout, time);
        _timer = time.CreateTimer(static deadlines => ((AnswerDeadlines)deadlines!).Look(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>A question was added.</summary>
    public void Watch(PendingQuestion question) => LookAt(question.AskedAt + StampsOf(_timeout));

    public ValueTask DisposeAsync() => _timer.DisposeAsync();

    private void LookAt(long due)
    {
        if (due >= Volatile.Read(ref _nextLook))
        {
            return;
        }
        lock (_winding)
        {
            if (due < _nextLook)
            {
                _nextLook = due;
                var left = _time.GetElapsedTime(_time.GetTimestamp(), due);
                _timer.Change(left > ShortestLook ? left : ShortestLook, Timeout.InfiniteTimeSpan);
            }
        }
    }

    private void Look()
    {
        lock (_winding)
        {
            // Whoever is added from now on winds the timer; whoever was added before is seen below.
            _nextLook = Asleep;
        }
        var next = Asleep;
        foreach (var pending in _asked.All)
        {
            var (now, due) = (_time.GetTimestamp(), pending.AskedAt + StampsOf(_timeout));
            if (due <= now)
            {
                pending.Fail(StatusCode.DeadlineExceeded, "the service did not answer in time");
                due += StampsOf(Forgotten);
            }
            if (due <= now)
            {
                _asked.Take(pending.Id);
            }
            else
            {
                next = Math.Min(next, due);
            }
        }
        LookAt(next);
    }

    private long StampsOf(TimeSpan time) => (long)(time.TotalSeconds * _time.TimestampFrequency);
}
