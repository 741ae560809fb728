using System.Collections.Concurrent;

namespace Athena.Service.Tests.Api;

/// <summary>One queue and one thread, the test's own: what would happen on a pool of one thread, a step at a time.</summary>
internal sealed class SteppedScheduler : TaskScheduler, IDisposable
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(60);

    private readonly BlockingCollection<Task> _queue = [];
    private Thread? _stepping;

    /// <summary>Puts work at the end of the queue.</summary>
    public Task Add(Func<Task> work) => Task.Factory.StartNew(work, CancellationToken.None, TaskCreationOptions.None, this).Unwrap();

    /// <summary>Runs what is in the queue and what that adds to it, until it is empty.</summary>
    public void RunAll()
    {
        while (_queue.TryTake(out var step))
        {
            Run(step);
        }
    }

    /// <summary>Takes the next step out of the queue, once there is one.</summary>
    /// <returns>Runs it.</returns>
    public Action Next() => _queue.TryTake(out var step, Deadline) ? () => Run(step) : throw new TimeoutException("nothing was put into the queue");

    public void Dispose() => _queue.Dispose();

    protected override void QueueTask(Task task) => _queue.Add(task);

    protected override bool TryExecuteTaskInline(Task task, bool taskWasPreviouslyQueued) => !taskWasPreviouslyQueued && Thread.CurrentThread == _stepping && TryExecuteTask(task);

    protected override IEnumerable<Task> GetScheduledTasks() => _queue;

    private void Run(Task step)
    {
        _stepping = Thread.CurrentThread;
        TryExecuteTask(step);
        _stepping = null;
    }
}
