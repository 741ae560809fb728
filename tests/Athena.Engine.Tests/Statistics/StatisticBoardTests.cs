using Athena.Engine.Farms;
using Athena.Engine.Statistics;

namespace Athena.Engine.Tests.Statistics;

public class StatisticBoardTests
{
    private readonly ServerCells _cells = new("a", new StatisticNames());

    private StatisticBoard Board => _cells.Statistics;

    [Fact]
    public void A_report_is_there_with_its_time()
    {
        Assert.Null(Board.LastReport);
        Assert.Empty(Report(42, ("cpu", 0.5), ("jobs", 3)));
        Assert.Equal(42, Board.LastReport);
        Assert.True(Board.TryGet("cpu", out var cell));
        Assert.Equal((0.5, 42L), (cell.Value, cell.ReportedAt));
        Assert.Equal(["cpu", "jobs"], Board.Reported.Select(r => r.Key).Order());
    }

    [Fact]
    public void An_empty_report_is_a_sign_of_life()
    {
        Assert.Empty(Report(7));
        Assert.Equal(7, Board.LastReport);
        Assert.Empty(Board.Reported);
    }

    [Fact]
    public void A_report_that_was_prepared_for_has_its_room()
    {
        Assert.Equal("c-pu", Assert.Single(Board.Prepare([new("cpu", 1), new("c-pu", 1)])).Name);
        Assert.Empty(Board.Prepare([new("last", 1)]));
        Assert.Empty(Board.Reported);
        for (var k = 1; k < StatisticBoard.MaxStatistics; k++)
        {
            Assert.Empty(Report(1, ($"n{k}", k)));
        }
        Assert.Equal("more", Assert.Single(Board.Prepare([new("more", 1)])).Name);
        Assert.Empty(Report(2, ("last", 5)));
        Assert.Contains(Board.Reported, r => r.Key == "last" && r.Value.Value == 5);
    }

    [Fact]
    public void What_a_report_does_not_name_stays()
    {
        Report(1, ("cpu", 0.5), ("jobs", 3));
        Report(2, ("jobs", 4));
        Assert.Equal([0.5, 4.0], Board.Reported.OrderBy(r => r.Key).Select(r => r.Value.Value));
    }

    [Theory]
    [InlineData(double.NaN)]
    [InlineData(double.PositiveInfinity)]
    [InlineData(double.NegativeInfinity)]
    [InlineData(-1)]
    [InlineData(-0.0)]
    [InlineData(-double.Epsilon)]
    [InlineData(1e308)]
    [InlineData(9223372036854775808)] // 2^63
    [InlineData(1.0000000000000002e18)]
    public void A_number_out_of_range_refuses_the_whole_report(double value)
    {
        Report(1, ("cpu", 0.5));
        var faults = Report(2, ("cpu", 0.9), ("jobs", value), ("new", 1));
        Assert.Equal("jobs", Assert.Single(faults).Name);
        AssertUntouched();
    }

    [Theory]
    [InlineData("")]
    [InlineData("c-pu")]
    [InlineData("12345678901234567890123456789012345678901234567890123456789012345")]
    public void A_bad_name_refuses_the_whole_report(string name)
    {
        Report(1, ("cpu", 0.5));
        Assert.Equal(name, Assert.Single(Report(2, ("cpu", 0.9), (name, 1))).Name);
        AssertUntouched();
    }

    [Theory]
    [InlineData(0)]
    [InlineData(double.Epsilon)]
    [InlineData(1e18)]
    public void Both_ends_of_the_range_are_taken(double value) => Assert.Empty(Report(1, ("cpu", value)));

    [Fact]
    public void All_faults_are_named_at_once() =>
        Assert.Equal(["a b", "x", "y"], Report(1, ("x", -1), ("ok", 1), ("y", double.NaN), ("a b", 0)).Select(f => f.Name).Order());

    [Fact]
    public void A_report_has_at_most_128_statistics()
    {
        Assert.Empty(Report(1, Many("a", 128)));
        Assert.Single(Report(2, Many("a", 129)));
        Assert.Equal(1, Board.LastReport);
    }

    [Fact]
    public void A_server_has_at_most_256_statistics()
    {
        Assert.Empty(Report(1, Many("a", 128)));
        Assert.Empty(Report(2, Many("b", 128)));
        Assert.Equal("c0", Assert.Single(Report(3, ("a0", 99), ("c0", 1))).Name);
        Assert.Equal((2L, 0.0), (Board.LastReport, Value("a0")));
        Assert.Empty(Report(4, ("a0", 99)));
    }

    [Fact]
    public void Names_beyond_the_services_bound_are_refused_but_known_ones_are_taken()
    {
        var names = new StatisticNames();
        for (var i = 0; i < StatisticNames.MaxNames; i++)
        {
            names.Intern($"n{i}");
        }
        var board = new ServerCells("a", names).Statistics;
        Assert.Equal("other", Assert.Single(board.Report([new("n1", 1), new("other", 1)], 1)).Name);
        Assert.Null(board.LastReport);
        Assert.Empty(board.Report([new("n1", 1)], 2));
    }

    [Fact]
    public void A_cell_that_a_policy_asked_for_is_absent_until_it_is_reported()
    {
        var cell = Board.GetOrAdd("cpu");
        Assert.False(cell.IsReported);
        Assert.Empty(Board.Reported);
        Report(1, ("cpu", 0));
        Assert.True(cell.IsReported);
        Assert.Same(cell, Board.GetOrAdd("cpu"));
    }

    [Fact]
    public void Hand_outs_are_counted_since_the_last_report()
    {
        _cells.Counters.HandOut();
        Assert.Equal(1, Board.HandOutsSinceReport);
        Report(1, ("cpu", 1));
        Assert.Equal(0, Board.HandOutsSinceReport);
        _cells.Counters.HandOut();
        _cells.Counters.HandOut();
        Assert.Equal(2, Board.HandOutsSinceReport);
    }

    [Fact]
    public async Task Reporters_at_once_lose_nothing()
    {
        const int Reporters = 4;
        const int Reports = 200;
        await Task.WhenAll(Enumerable.Range(0, Reporters).Select(r => Task.Run(() =>
        {
            for (var i = 0; i < Reports; i++)
            {
                Assert.Empty(Report(i, ("shared", i), ($"own{r}", i), ($"n{r}_{i % 50}", i)));
                Board.GetOrAdd($"asked{i % 10}");
                _cells.Counters.HandOut();
            }
        }, TestContext.Current.CancellationToken)));
        Assert.Equal(1 + Reporters + (Reporters * 50), Board.Reported.Count());
        Assert.All(Enumerable.Range(0, Reporters), r => Assert.Equal(Reports - 1, Value($"own{r}")));
        Assert.Equal(Reporters * Reports, _cells.Chosen);
    }

    private void AssertUntouched()
    {
        Assert.Equal((1L, 0.5), (Board.LastReport, Value("cpu")));
        Assert.Equal(["cpu"], Board.Reported.Select(r => r.Key));
    }

    private double Value(string name) => Board.TryGet(name, out var cell) ? cell.Value : double.NaN;

    private IReadOnlyList<StatisticFault> Report(long time, params (string Name, double Value)[] numbers) =>
        Board.Report([.. numbers.Select(n => KeyValuePair.Create(n.Name, n.Value))], time);

    private static (string Name, double Value)[] Many(string prefix, int count) =>
        [.. Enumerable.Range(0, count).Select(i => ($"{prefix}{i}", (double)i))];
}
