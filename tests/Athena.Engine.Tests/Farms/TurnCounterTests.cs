using Athena.Engine.Farms;

namespace Athena.Engine.Tests.Farms;

public class TurnCounterTests
{
    private readonly TurnCounter _turns = new();

    [Fact]
    public void Threads_that_do_not_meet_take_turns_in_order()
    {
        for (var i = 0UL; i < 20; i++)
        {
            var turn = 0UL;
            var thread = new Thread(() => turn = _turns.Next());
            thread.Start();
            thread.Join();
            Assert.Equal(i, turn);
        }
    }

    [Fact]
    public async Task Threads_at_once_are_given_no_turn_twice_and_leave_out_few()
    {
        const int Threads = 4;
        const int Turns = 20_000;
        var taken = await Task.WhenAll(Enumerable.Range(0, Threads).Select(_ => Task.Run(
            () => Enumerable.Range(0, Turns).Select(_ => _turns.Next()).ToArray(), TestContext.Current.CancellationToken)));
        var all = taken.SelectMany(t => t).ToArray();
        Assert.Equal(all.Length, all.Distinct().Count());
        // At most a block a thread is not given out yet; threads of one stripe may drop some more.
        Assert.InRange(all.Max(), (ulong)all.Length - 1, (ulong)all.Length * 2);
    }
}
