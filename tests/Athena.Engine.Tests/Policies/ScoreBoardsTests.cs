using Athena.Engine.Farms;
using Athena.Engine.Policies;

namespace Athena.Engine.Tests.Policies;

public sealed class ScoreBoardsTests
{
    private const int Steps = 20_000;

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(64)]
    [InlineData(200)]
    [InlineData(5000)]
    public void Before_each_pick_a_threads_board_has_every_score_as_the_thread_knows_it(int members)
    {
        var seed = Random.Shared.Next();
        var random = new Random(seed);
        var numbers = new Numbers(members);
        var boards = new ScoreBoards(numbers, [.. Enumerable.Repeat(1.0, members)]);
        using var first = new Worker();
        using var second = new Worker();
        using var third = new Worker();
        Worker[] workers = [first, second, third];
        var picks = 0;
        for (var step = 0; step < Steps; step++)
        {
            var place = random.Next(members);
            // Hand-outs in rows: only then does anybody wait to tell of them.
            var row = random.Next(20) == 0 ? random.Next(300) : 1;
            var what = random.Next(100);
            workers[random.Next(workers.Length)].Do(() =>
            {
                switch (what)
                {
                    case < 60:
                        for (var i = 0; i < row; i++)
                        {
                            boards.HandedOut(place, numbers.HandOut(place));
                        }
                        break;
                    case < 80:
                        numbers.Report(place, random.Next(5) == 0 ? double.PositiveInfinity : random.Next(1000));
                        boards.Mark(place);
                        break;
                    case 80:
                        numbers.Usual = random.Next(10);
                        boards.MarkAll();
                        break;
                    case 81:
                        numbers.Usual = random.Next(10);
                        boards.Renew();
                        break;
                    default:
                        var (board, known) = (boards.Mine(), numbers.All(CounterBlock.Mine));
                        Assert.True(known.SequenceEqual(Enumerable.Range(0, members).Select(i => board[i])), $"step {step}, seed {seed}");
                        var picked = board.Pick((ulong)step);
                        Assert.True((picked < 0 ? double.PositiveInfinity : known[picked]) == known.Min(), $"step {step}, seed {seed}");
                        picks++;
                        break;
                }
            });
        }
        Assert.True(picks > Steps / 10);
    }

    [Fact]
    public void A_board_that_was_made_ahead_is_not_worked_out_again_by_its_first_pick()
    {
        const int Members = 100;
        var numbers = new Numbers(Members);
        using var decider = new Worker();
        decider.Do(() => numbers.HandOut(70));
        var boards = new ScoreBoards(numbers, [.. Enumerable.Repeat(1.0, Members)]);
        boards.Prepare(numbers.Used);
        numbers.Report(5, -1);
        boards.Mark(5);
        var asked = numbers.Asked;
        decider.Do(() => Assert.Equal(5, boards.Mine().Pick(1)));
        // What changed since, and nothing else.
        Assert.Equal(asked + 1, numbers.Asked);
    }

    [Fact]
    public void What_many_threads_left_behind_is_put_right_by_a_renewal()
    {
        const int Members = 150;
        var numbers = new Numbers(Members);
        var boards = new ScoreBoards(numbers, [.. Enumerable.Repeat(1.0, Members)]);
        var threads = Enumerable.Range(0, 4).Select(t => new Thread(() =>
        {
            var random = new Random(t);
            for (var k = 0; k < 20_000; k++)
            {
                var place = boards.Mine().Pick((ulong)k);
                boards.HandedOut(place, numbers.HandOut(place));
                if (k % 50 == 0)
                {
                    place = random.Next(Members);
                    numbers.Report(place, random.Next(1000));
                    boards.Mark(place);
                }
            }
        })).ToList();
        threads.ForEach(t => t.Start());
        threads.ForEach(t => t.Join());
        boards.Renew();
        var board = boards.Mine();
        Assert.Equal(numbers.All(CounterBlock.Mine), Enumerable.Range(0, Members).Select(i => board[i]));
    }

    /// <summary>Scores: what was reported, and one more for each hand-out since.</summary>
    private sealed class Numbers : IScored
    {
        private readonly CounterBlock _counts;
        private readonly double[] _reported;
        private readonly long[] _atReport;

        public Numbers(int members) => (_counts, _reported, _atReport) = (new CounterBlock(members), new double[members], new long[members]);

        public double Usual { get; set; }

        /// <summary>How often a score was asked for.</summary>
        public int Asked { get; private set; }

        public uint Used => _counts.Used;

        public double BoardScore(int place, int stripe)
        {
            Asked++;
            return ScoreOf(place, stripe);
        }

        private double ScoreOf(int place, int stripe) => Usual + Volatile.Read(ref _reported[place]) + _counts.Seen(place, stripe) - Volatile.Read(ref _atReport[place]);

        public double[] All(int stripe) => [.. Enumerable.Range(0, _reported.Length).Select(i => ScoreOf(i, stripe))];

        public bool HandOut(int place) => _counts.HandOut(place);

        public void Report(int place, double number)
        {
            Volatile.Write(ref _atReport[place], _counts.Settle(place));
            Volatile.Write(ref _reported[place], number);
        }
    }
}
