using Athena.Cli.Top;
using Athena.V1;
using CsCheck;

namespace Athena.Cli.Tests.Top;

public sealed class TopTests
{
    private readonly TestTerminal _terminal = new();
    private readonly TopView _view = new();
    private readonly TopModel _model;

    public TopTests()
    {
        _model = new TopModel(_terminal.Time);
        Look((0, 1, 3), (0, 9, 2), (0, 5, 1));
    }

    [Fact]
    public void A_rate_is_what_was_chosen_between_two_looks()
    {
        Assert.Equal([0, 0, 0], _model.Servers(_view).Select(s => s.Rate));
        _terminal.Time.Advance(TimeSpan.FromSeconds(2));
        Look((10, 1, 3), (0, 9, 2), (4, 5, 1));
        Assert.Equal([5, 0, 2], _model.Servers(_view).Select(s => s.Rate));
        Assert.Equal((7, 7), (_model.Rate, Assert.Single(_model.Farms()).Rate));
    }

    [Fact]
    public void A_counter_that_fell_begins_from_zero()
    {
        var meter = new RateMeter();
        var now = _terminal.Time.GetUtcNow();
        meter.Look(100, now);
        meter.Look(7, now.AddSeconds(1));
        Assert.Equal(7, meter.Rate);
        for (var i = 2; i < 1000; i++)
        {
            meter.Look(7, now.AddSeconds(i));
        }
        Assert.Equal(RateMeter.Kept, meter.History.Count);
    }

    [Theory]
    [InlineData("", 3, "   ")]
    [InlineData("0 0", 3, " ▁▁")]
    [InlineData("0 1 7", 3, "▁▂█")]
    [InlineData("9 9 0 7", 2, "▁█")]
    public void A_sparkline_shows_the_newest_at_the_right(string values, int width, string expected) =>
        Assert.Equal(expected, Sparkline.Of([.. values.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(double.Parse)], width));

    [Fact]
    public void A_sparkline_is_as_wide_as_asked() => Gen.Select(Gen.Double[0, 1e9].Array, Gen.Int[0, 50]).Sample((values, width) => Sparkline.Of(values, width).Length == width);

    [Theory]
    [InlineData("n", "c b a")]
    [InlineData("f", "b c a")]
    [InlineData("ff", "a c b")]
    [InlineData("l", "a b c")]
    [InlineData("s", "b a c")]
    public void Keys_sort_and_the_same_again_turns_around(string keys, string expected)
    {
        Press(keys);
        Assert.Equal(expected.Split(' '), _model.Servers(_view).Select(s => s.Name));
    }

    [Fact]
    public void A_filter_is_typed_and_taken_back()
    {
        Press("/DISKx\b\r");
        Assert.False(_view.IsTyping);
        Assert.Equal(["b"], _model.Servers(_view).Select(s => s.Name));
        Press("\e");
        Assert.Equal(3, _model.Servers(_view).Count);
        Assert.False(_view.IsOver);
        Press("/q");
        Assert.False(_view.IsOver);
        Press("\e\e");
        Assert.True(_view.IsOver);
    }

    [Fact]
    public void Tab_goes_through_the_farms()
    {
        Press("\t");
        Assert.Equal("web", _view.Farm);
        Assert.Equal(["a", "b", "c"], _model.Servers(_view).Select(s => s.Name));
        Press("\t");
        Assert.Null(_view.Farm);
    }

    [Fact]
    public void Any_keys_leave_the_view_in_bounds() => Gen.String.Sample(keys =>
    {
        var view = new TopView();
        foreach (var key in keys)
        {
            view.Press(Key(key), ["web"], 3, 1);
        }
        return view.Scroll is >= 0 and <= 2;
    });

    [Theory]
    [InlineData(120, 20)]
    [InlineData(80, 24)]
    [InlineData(50, 10)]
    [InlineData(30, 8)]
    [InlineData(10, 8)]
    public void The_screen_fits_any_terminal(int width, int height)
    {
        var lines = Draw(width, height);
        Assert.True(lines.Length <= height, string.Join('\n', lines));
        Assert.All(lines, l => Assert.True(l.Length <= width, l));
        Assert.Equal(width >= 30, lines.Any(l => l.StartsWith('a') && l.Contains("on", StringComparison.Ordinal)));
        Assert.Equal(width >= 80, lines.Any(l => l.Contains("disk", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData(60)]
    [InlineData(80)]
    [InlineData(160)]
    public void A_long_name_is_cut_and_takes_no_rows_or_numbers_of_others(int width)
    {
        var name = $"a-server-in-{new string('x', 200)}";
        _model.Look([new Farm { Name = new string('f', 250), Policy = new() { Name = "least_load" }, AvailableMembers = 1, Members = { new Member { Server = name } } }], [Server("b", 0, 12), Server(name, 0, 345)], 9);
        var lines = Draw(width, 24);
        Assert.Equal(7, lines.Length);
        Assert.All(lines, l => Assert.True(l.Length <= width, l));
        Assert.Contains(lines, l => l.StartsWith("a-server-in-", StringComparison.Ordinal) && l.Contains('…', StringComparison.Ordinal) && l.Contains(" 345 ", StringComparison.Ordinal) && l.Contains("on up in", StringComparison.Ordinal));
        Assert.Contains(lines, l => l.StartsWith("b ", StringComparison.Ordinal) && l.Contains(" 12 ", StringComparison.Ordinal));
    }

    [Fact]
    public void Columns_stand_below_their_heads()
    {
        var lines = Draw(160, 24);
        var head = lines.Single(l => l.StartsWith("SERVER", StringComparison.Ordinal));
        Assert.Equal(160, head.Length);
        var down = lines.Single(l => l.StartsWith("b ", StringComparison.Ordinal));
        Assert.Equal(head.IndexOf("STATE", StringComparison.Ordinal), down.IndexOf("on down in", StringComparison.Ordinal));
        Assert.Equal(head.IndexOf("CAUSES", StringComparison.Ordinal), down.IndexOf("down: disk", StringComparison.Ordinal));
        Assert.Equal(head.IndexOf("IN FLIGHT", StringComparison.Ordinal) + "IN FLIGHT".Length - 1, down.IndexOf(" 9 ", StringComparison.Ordinal) + 1);
    }

    [Fact]
    public void Any_rows_and_widths_make_lines_that_fit() =>
        Gen.Select(Gen.String[Gen.Char['a', 'z'], 0, 40].Array[3].Array[0, 5], Gen.Int[24, 200]).Sample((rows, width) =>
        {
            TopColumn[] columns = [new("NAME", Least: 12), new("N", IsRight: true, Least: 6, Rank: 2, Floor: 6), new("MORE", Least: 8, Rank: 1)];
            return TopTable.Lines(columns, [.. rows.Select(r => r.Select(t => new Output.Cell(t)).ToArray())], width).All(l => l.Sum(s => s.Text.Length) <= width);
        });

    [Fact]
    public void More_servers_than_rows_are_scrolled()
    {
        _model.Look([], [.. Enumerable.Range(0, 500).Select(i => Server($"s{i:000}", 0, 0))], 9);
        Assert.Contains(Draw(100, 12), l => l.StartsWith("s000", StringComparison.Ordinal));
        _view.Press(new ConsoleKeyInfo('\0', ConsoleKey.End, false, false, false), [], 500, TopScreen.Page(0, 12, help: false));
        Assert.Contains(Draw(100, 12), l => l.StartsWith("s499", StringComparison.Ordinal));
    }

    private string[] Draw(int width, int height) =>
        [.. TopScreen.Draw(_model, _view, "http://127.0.0.1:7400", null, width, height).Select(l => string.Concat(l.Select(s => s.Text)))];

    private void Press(string keys)
    {
        foreach (var key in keys)
        {
            _view.Press(Key(key), ["web"], 3, 10);
        }
    }

    private static ConsoleKeyInfo Key(char key) => new(key, key switch { '\e' => ConsoleKey.Escape, '\t' => ConsoleKey.Tab, '\b' => ConsoleKey.Backspace, '\r' => ConsoleKey.Enter, _ => ConsoleKey.None }, false, false, false);

    /// <summary>Servers a, b, c: times chosen, in flight, load. b is down.</summary>
    private void Look(params (long Chosen, long InFlight, double Load)[] servers)
    {
        var list = servers.Select((s, i) => Server(((char)('a' + i)).ToString(), s.Chosen, s.InFlight)).ToArray();
        list[1].Status.Available = false;
        list[1].Status.Health = HealthState.Down;
        list[1].Status.Causes.Add(new Cause { Kind = CauseKind.Down, Reason = "disk" });
        var farm = new Farm { Name = "web", Admin = AdminState.On, AvailableMembers = 2, Policy = new() { Name = "least_load" }, Members = { list.Select(s => new Member { Server = s.Name, Admin = AdminState.On, Available = s.Status.Available, Causes = { s.Status.Causes } }) } };
        _model.Look([farm], list, 7);
        foreach (var (server, numbers) in list.Zip(servers))
        {
            _model.Look(new GetStatsResponse { Server = server.Name, Stats = { ["load"] = new Statistic { Value = numbers.Load } } });
        }
    }

    private static Server Server(string name, long chosen, long inFlight) => new()
    {
        Name = name,
        Chosen = chosen,
        InFlight = inFlight,
        Status = new() { Admin = AdminState.On, Health = HealthState.Up, Freshness = FreshnessState.In, Available = true },
    };
}
