using Athena.Engine.Policies;

namespace Athena.Engine.Tests.Policies;

public class ScoreBoardTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(63)]
    [InlineData(64)]
    [InlineData(65)]
    [InlineData(1000)]
    public void The_least_is_found_whatever_changed_before(int members)
    {
        var random = new Random(members);
        var board = new ScoreBoard([.. Enumerable.Repeat(1.0, members)]);
        var scores = new double[members];
        Array.Fill(scores, double.PositiveInfinity);
        Assert.Equal(-1, board.Pick(1));
        for (var k = 0UL; k < 5000; k++)
        {
            var place = random.Next(members);
            scores[place] = random.Next(20) == 0 ? double.PositiveInfinity : random.Next(50);
            board.Set(place, scores[place]);
            var picked = board.Pick(k);
            Assert.Equal(scores.Min(), picked < 0 ? double.PositiveInfinity : scores[picked]);
        }
    }

    [Fact]
    public void Equals_share_by_weight_over_all_blocks()
    {
        const int Picks = 60_000;
        var weights = Enumerable.Range(0, 150).Select(i => i is 3 ? 1.0 : i is 70 ? 2 : i is 149 ? 3 : 5).ToArray();
        var board = new ScoreBoard(weights);
        for (var i = 0; i < weights.Length; i++)
        {
            board.Set(i, i is 3 or 70 or 149 ? 7 : 8);
        }
        var shares = Enumerable.Range(0, Picks).CountBy(k => board.Pick((ulong)k)).ToDictionary();
        Assert.Equal([3, 70, 149], shares.Keys.Order());
        // Four standard deviations of a count of a half are 490.
        Assert.All(shares, s => Assert.InRange(s.Value, (weights[s.Key] * Picks / 6) - 490, (weights[s.Key] * Picks / 6) + 490));
    }

    [Fact]
    public async Task What_threads_left_behind_is_put_right_by_a_recount()
    {
        var board = new ScoreBoard([.. Enumerable.Repeat(1.0, 200)]);
        await Task.WhenAll(Enumerable.Range(0, 4).Select(t => Task.Run(() =>
        {
            var random = new Random(t);
            for (var k = 0; k < 20_000; k++)
            {
                board.Set((random.Next(50) * 4) + t, random.Next(1000));
                board.Pick((ulong)k);
            }
        }, TestContext.Current.CancellationToken)));
        board.Recount();
        Assert.Equal(Enumerable.Range(0, 200).Min(i => board[i]), board[board.Pick(5)]);
    }
}
