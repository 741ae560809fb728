namespace Athena.Client;

/// <summary>Gives the answers of one message to their askers, one after another, so that their next questions travel in one message again.</summary>
/// <remarks>
/// An asker who goes on by a work item of the pool wakes threads that find nothing, and the writer sends the first question before the others were asked. Here they go on on one thread, and
/// the writer is held until the last had its turn. What is left is always offered to the next free thread too: an asker who computes or blocks holds up nobody.
/// </remarks>
internal sealed class HandOut(PendingQuestion[] answered, int count, WakeUp writer) : IThreadPoolWorkItem
{
    private int _next;
    private int _ended;

    /// <summary>Begins on a thread of the pool. The array is its own from now on.</summary>
    public void Begin()
    {
        writer.Hold();
        ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: true);
    }

    void IThreadPoolWorkItem.Execute()
    {
        if (Volatile.Read(ref _next) < count)
        {
            ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: true);
        }
        for (int i; (i = Interlocked.Increment(ref _next) - 1) < count;)
        {
            answered[i].Complete();
        }
        if (Interlocked.Exchange(ref _ended, 1) == 0)
        {
            writer.Release();
        }
    }
}
