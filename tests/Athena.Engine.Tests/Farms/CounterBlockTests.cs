using Athena.Engine.Farms;

namespace Athena.Engine.Tests.Farms;

public class CounterBlockTests
{
    private const int Threads = 4;
    private const int EachThread = 5000;

    private readonly CounterBlock _block = new();

    [Fact]
    public void One_thread_sees_each_of_its_hand_outs_at_once()
    {
        for (var i = 1; i <= 5000; i++)
        {
            _block.HandOut(3);
            Assert.Equal((i, i, 0L), (_block.Seen(3, CounterBlock.Mine), _block.Chosen(3), _block.Seen(4, CounterBlock.Mine)));
        }
    }

    [Fact]
    public void The_first_hand_outs_are_seen_by_every_thread_at_once()
    {
        for (var i = 1; i <= 10; i++)
        {
            OnAnotherThread(() => _block.HandOut(0));
            Assert.Equal(i, _block.Seen(0, CounterBlock.Mine));
        }
    }

    [Fact]
    public void Of_many_another_thread_misses_a_sixteenth_and_never_more_than_64()
    {
        OnAnotherThread(() =>
        {
            for (var i = 0; i < EachThread; i++)
            {
                _block.HandOut(0);
            }
        });
        Assert.InRange(_block.Seen(0, CounterBlock.Mine), EachThread - 64, EachThread);
        Assert.Equal(EachThread, _block.Chosen(0));
    }

    [Fact]
    public void After_a_report_all_threads_start_from_the_same_count_and_see_the_next_ones()
    {
        OnAnotherThread(() =>
        {
            for (var i = 0; i < EachThread; i++)
            {
                _block.HandOut(0);
            }
        });
        Assert.Equal((EachThread, EachThread), (_block.Settle(0), _block.Seen(0, CounterBlock.Mine)));
        OnAnotherThread(() => _block.HandOut(0));
        Assert.Equal(EachThread + 1, _block.Seen(0, CounterBlock.Mine));
    }

    [Fact]
    public async Task Threads_at_once_lose_no_hand_out()
    {
        await Task.WhenAll(Enumerable.Range(0, Threads).Select(_ => Task.Run(() =>
        {
            for (var i = 0; i < EachThread; i++)
            {
                _block.HandOut(63);
                if (i % 100 == 0)
                {
                    _block.Settle(63);
                }
            }
        }, TestContext.Current.CancellationToken)));
        Assert.Equal(Threads * EachThread, _block.Chosen(63));
        Assert.Equal(Threads * EachThread, _block.Settle(63));
        Assert.Equal(Threads * EachThread, _block.Seen(63, CounterBlock.Mine));
    }

    [Fact]
    public void Servers_of_one_block_share_no_counter()
    {
        for (var slot = 0; slot < CounterBlock.Size; slot++)
        {
            foreach (var counter in Enum.GetValues<SharedCounter>())
            {
                Assert.Equal(0, _block.Shared(slot, counter));
                _block.Shared(slot, counter) = 1 + slot;
            }
        }
        Assert.Equal(64, _block.Shared(63, SharedCounter.Opened));
    }

    private static void OnAnotherThread(ThreadStart work)
    {
        // Of another stripe: its number differs from this one's, and from each before.
        var thread = new Thread(work);
        thread.Start();
        thread.Join();
    }
}
