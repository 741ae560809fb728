using Athena.Engine.Leases;

namespace Athena.Engine.Tests.Leases;

public class LatencyCellTests
{
    private readonly LatencyCell _cell = new(TimeSpan.FromSeconds(10));

    [Fact] // reference/algorithms.md, section 6: 100 ms, idle 10 s, tau 10 s.
    public void An_idle_cost_fades()
    {
        _cell.Observe(100, failed: false, 5);
        _cell.Fade(15);
        Assert.Equal(36.8, _cell.Cost, 0.05);
    }

    [Fact]
    public void Fading_in_many_steps_is_fading_in_one()
    {
        _cell.Observe(100, failed: false, 5);
        for (var i = 1; i <= 100; i++)
        {
            _cell.Fade(5 + (i / 10.0));
        }
        Assert.Equal(100 * Math.Exp(-1), _cell.Cost, 1e-9);
    }

    [Fact]
    public void A_rise_counts_at_once_and_a_fall_fades_in()
    {
        _cell.Observe(10, failed: false, 1);
        _cell.Observe(200, failed: false, 2);
        Assert.Equal(200, _cell.Cost);
        _cell.Observe(50, failed: false, 12);
        Assert.Equal((200 * Math.Exp(-1)) + (50 * (1 - Math.Exp(-1))), _cell.Cost, 1e-9);
    }

    [Fact]
    public void Failing_fast_does_not_look_fast()
    {
        _cell.Observe(1, failed: true, 1);
        Assert.True(double.IsNaN(_cell.Cost)); // Not known yet: the median counts, raised.
        Assert.Equal(2, _cell.Handicap, 1e-9);
        _cell.Observe(100, failed: false, 1);
        for (var i = 0; i < 1000; i++)
        {
            _cell.Observe(1, failed: true, 1 + (i * 0.1));
            _cell.Fade(1 + (i * 0.1));
        }
        Assert.Equal(100, _cell.Cost);
        // 100 outcomes within the decay: 1 / (1 - 100/101).
        Assert.Equal(100, _cell.Handicap, 2.0);
    }

    [Fact]
    public void Failures_are_forgotten()
    {
        _cell.Observe(100, failed: false, 1);
        _cell.Observe(100, failed: true, 1);
        Assert.Equal(1 / (1 - (1 / 3.0)), _cell.Handicap, 1e-9);
        _cell.Fade(1000);
        Assert.Equal(1, _cell.Handicap, 1e-9);
    }

    [Fact]
    public void A_clock_that_stands_or_a_huge_latency_give_numbers()
    {
        _cell.Observe(double.MaxValue, failed: false, 1);
        _cell.Observe(0, failed: false, 1);
        _cell.Observe(0, failed: true, 0.5);
        Assert.True(double.IsFinite(_cell.Cost));
        _cell.Fade(1e9);
        Assert.True(_cell.Cost > 0);
    }
}
