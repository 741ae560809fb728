using System.Threading.Tasks.Sources;

namespace Athena.Client;

/// <summary>Wakes the one who waits, by the pool's common queue: behind all who were woken before. Anybody wakes; one waits at a time.</summary>
/// <remarks>A semaphore, and a yield after it, take two turns of the pool and a lock.</remarks>
internal sealed class WakeUp : IThreadPoolWorkItem, IValueTaskSource
{
    private const int Busy = 0;
    private const int Waiting = 1;
    private const int Called = 2;

    private ManualResetValueTaskSourceCore<bool> _source;
    private int _state;
    private int _holds;

    /// <summary>Wakes the waiter, or whoever waits next; while it is held, its release will.</summary>
    public void Call()
    {
        // What the caller left is there for whoever has not yet changed what is read here.
        Interlocked.MemoryBarrier();
        if (Volatile.Read(ref _holds) == 0 && Volatile.Read(ref _state) != Called && Interlocked.Exchange(ref _state, Called) == Waiting)
        {
            ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
        }
    }

    /// <summary>From now on calls are left to <see cref="Release"/>.</summary>
    public void Hold() => Interlocked.Increment(ref _holds);

    /// <summary>Ends a hold. The last one wakes the waiter, who goes on on this thread.</summary>
    public void Release()
    {
        if (Interlocked.Decrement(ref _holds) == 0 && Interlocked.Exchange(ref _state, Called) == Waiting)
        {
            Wake();
        }
    }

    /// <summary>Until somebody calls, or has called since it woke last.</summary>
    public ValueTask WaitAsync()
    {
        _source.Reset();
        if (Interlocked.CompareExchange(ref _state, Waiting, Busy) == Called)
        {
            ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
        }
        return new ValueTask(this, _source.Version);
    }

    void IThreadPoolWorkItem.Execute() => Wake();

    void IValueTaskSource.GetResult(short token) => _source.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource.GetStatus(short token) => _source.GetStatus(token);

    void IValueTaskSource.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) => _source.OnCompleted(continuation, state, token, flags);

    private void Wake()
    {
        // Whoever comes from now on calls again: at worst the waiter looks once in vain.
        Interlocked.Exchange(ref _state, Busy);
        _source.SetResult(true);
    }
}
