using System.Collections.Concurrent;
using Athena.Testing;

namespace Athena.Client.Tests;

public sealed class WakeUpTests
{
    [Fact]
    public async Task A_call_before_the_wait_counts_once()
    {
        var wake = new WakeUp();
        wake.Call();
        wake.Call();
        await wake.WaitAsync().AsTask().WaitAsync(Deadline.Generous);
        var second = wake.WaitAsync().AsTask();
        Assert.False(second.IsCompleted);
        wake.Call();
        await second.WaitAsync(Deadline.Generous);
    }

    [Fact]
    public async Task While_it_is_held_nobody_wakes_and_the_last_release_does()
    {
        var wake = new WakeUp();
        wake.Hold();
        wake.Hold();
        var waiting = wake.WaitAsync().AsTask();
        wake.Call();
        wake.Release();
        Assert.False(waiting.IsCompleted);
        wake.Release();
        await waiting.WaitAsync(Deadline.Generous);
    }

    [Fact]
    public async Task Whatever_was_left_before_a_call_is_found_after_it()
    {
        const int Each = 100_000;
        var (wake, queue, callers) = (new WakeUp(), new ConcurrentQueue<int>(), Environment.ProcessorCount + 1);
        var calling = Enumerable.Range(0, callers).Select(k => Task.Run(() =>
        {
            for (var i = 0; i < Each; i++)
            {
                if (k == 0)
                {
                    wake.Hold();
                }
                queue.Enqueue(i);
                wake.Call();
                if (k == 0)
                {
                    wake.Release();
                }
            }
        })).ToArray();
        // A call that is lost leaves something behind that nobody comes for.
        await FindAllAsync().WaitAsync(Deadline.Generous);
        await Task.WhenAll(calling);

        async Task FindAllAsync()
        {
            for (var found = 0; found < callers * Each;)
            {
                await wake.WaitAsync();
                while (queue.TryDequeue(out _))
                {
                    found++;
                }
            }
        }
    }
}
