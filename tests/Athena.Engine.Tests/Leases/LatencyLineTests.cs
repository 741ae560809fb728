using Athena.Engine.Leases;

namespace Athena.Engine.Tests.Leases;

public class LatencyLineTests
{
    private readonly LatencyLine _line = new(TimeSpan.FromSeconds(10));

    [Fact]
    public void Before_the_first_success_nothing_is_known()
    {
        Assert.True(double.IsNaN(_line.At(1)));
        _line.Observe(1, failed: true, 1, now: 1);
        _line.Fade(2);
        Assert.True(double.IsNaN(_line.At(1)));
    }

    [Fact]
    public void While_the_number_in_flight_never_varies_latency_goes_with_it()
    {
        Repeat(100, n: 2, milliseconds: 20);
        Assert.Equal(20, _line.At(2), 1e-5);
        Assert.Equal(60, _line.At(6), 1e-5);
    }

    [Fact]
    public void The_slope_is_learned_down_to_half_of_that_through_nothing()
    {
        for (var i = 0; i < 2000; i++)
        {
            _line.Observe(100, failed: false, 1 + (i % 9), now: 1 + (i * 0.01)); // Workers are free: more in flight takes no longer.
        }
        Assert.Equal(100, _line.At(5), 2.0);
        Assert.Equal(150, _line.At(10), 3.0);
    }

    [Fact]
    public void A_change_of_speed_is_learned_within_some_hundred_outcomes()
    {
        Repeat(1000, n: 2, milliseconds: 10);
        Repeat(200, n: 2, milliseconds: 40);
        Assert.Equal(40, _line.At(2), 2.0);
    }

    [Fact]
    public void An_idle_latency_fades()
    {
        Repeat(1, n: 1, milliseconds: 100);
        _line.Fade(11);
        Assert.Equal(100 * Math.Exp(-1), _line.At(1), 1e-6);
    }

    [Fact]
    public void Failures_in_a_row_raise_it_until_the_next_success()
    {
        Repeat(10, n: 1, milliseconds: 100);
        _line.Observe(1, failed: true, 1, now: 1);
        Assert.Equal(200, _line.At(1), 1e-6);
        _line.Observe(1, failed: true, 1, now: 1);
        Assert.Equal(300, _line.At(1), 1e-6);
        for (var i = 0; i < 1000; i++)
        {
            _line.Observe(1, failed: true, 1, now: 1);
        }
        Assert.Equal(2100, _line.At(1), 1e-6);
        _line.Fade(61); // Six decays: it is tried again, for what it fails by is forgotten.
        Assert.InRange(_line.At(1), 100, 106);
        _line.Observe(100, failed: false, 1, now: 61);
        Assert.Equal(100, _line.At(1), 1e-6);
    }

    [Fact]
    public void A_clock_that_stands_or_a_huge_latency_give_numbers()
    {
        _line.Observe(TimeSpan.MaxValue.TotalMilliseconds, failed: false, int.MaxValue, 1);
        _line.Observe(0, failed: false, 0, 1);
        _line.Observe(0, failed: true, -1, 0.5);
        Assert.True(double.IsFinite(_line.At(1)) && _line.At(1) > 0);
        _line.Fade(1e9);
        Assert.True(double.IsFinite(_line.At(long.MaxValue)) && _line.At(1) > 0);
    }

    private void Repeat(int count, int n, double milliseconds)
    {
        for (var i = 0; i < count; i++)
        {
            _line.Observe(milliseconds, failed: false, n, now: 1);
        }
    }
}
