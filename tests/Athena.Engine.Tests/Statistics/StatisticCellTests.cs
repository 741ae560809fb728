using Athena.Engine.Statistics;

namespace Athena.Engine.Tests.Statistics;

public class StatisticCellTests
{
    private readonly StatisticCell _cell = new();

    [Fact]
    public void It_is_absent_until_it_is_reported()
    {
        Assert.False(_cell.IsReported);
        Assert.True(double.IsNaN(_cell.Expected(5, double.NaN)));
        _cell.Report(0, 0, 1);
        Assert.True(_cell.IsReported);
        Assert.Equal(0, _cell.Expected(0, double.NaN));
    }

    [Fact]
    public void Each_hand_out_since_the_report_adds_its_cost()
    {
        _cell.Report(10, 0, 1);
        Assert.Equal(13, _cell.Expected(3, double.NaN)); // 1 before anything is learned.
        Assert.Equal(16, _cell.Expected(3, 2));
        Assert.Equal(10, _cell.Expected(3, 0));
    }

    [Fact]
    public void The_cost_is_learned_from_reports_that_had_hand_outs()
    {
        _cell.Report(50, 1000, 1); // Nobody knows since when those came.
        Assert.Equal(1, _cell.HandOutCost);
        _cell.Report(50, 1010, 2);
        Assert.Equal(50 / 10.0, _cell.HandOutCost, 12);
        _cell.Report(80, 1010, 3); // No hand-outs: nothing is learned.
        Assert.Equal(50 / 10.0, _cell.HandOutCost, 12);
        _cell.Report(20, 1014, 4); // (50/2 + 20) / (10/2 + 4)
        Assert.Equal(45 / 9.0, _cell.HandOutCost, 12);
    }

    [Fact] // It counted on until the next report: of two servers with a thousand decisions between reports, the one reported idle got nearly all.
    public void A_lease_that_ended_since_the_report_takes_its_cost_along()
    {
        _cell.Report(8, 1004, 1, inFlight: 4, ended: 1000);
        _cell.Report(8, 2004, 2, inFlight: 4, ended: 2000);
        Assert.Equal(2, _cell.CarriedCost, 12);
        Assert.Equal(0, _cell.Mark.Until(new(9004, 4, 9000))); // As many begun as ended.
        Assert.Equal(2, _cell.Mark.Until(new(9006, 6, 9000)));
        Assert.Equal(-3, _cell.Mark.Until(new(9001, 1, 9000)));
        Assert.Equal(1, _cell.Mark.Until(new(8900, 5, 9000))); // A thread that missed hand-outs of others still knows all leases.
        Assert.Equal(7, _cell.Mark.Until(new(2011, 4, 2000))); // Seven without a lease.
    }

    [Fact]
    public void A_report_stands_for_open_leases_and_for_hand_outs_without_one()
    {
        _cell.Report(100, 50, 1, inFlight: 50);
        _cell.Report(150, 75, 2, inFlight: 50); // 25 more, all without.
        Assert.Equal(150 / 75.0, _cell.CarriedCost, 12);
    }

    [Fact]
    public void Open_leases_count_as_hand_outs_when_there_are_more()
    {
        _cell.Report(100, 50, 1, inFlight: 50);
        _cell.Report(100, 51, 2, inFlight: 50);
        Assert.Equal(2, _cell.HandOutCost, 12);
    }

    [Fact]
    public void A_server_that_reports_zero_for_ever_still_has_a_number()
    {
        for (var i = 1; i <= 5000; i++)
        {
            _cell.Report(0, i, i);
        }
        Assert.True(double.IsFinite(_cell.HandOutCost) && _cell.HandOutCost >= 0);
        Assert.True(double.IsFinite(_cell.Expected(10_000, double.NaN)));
    }

    [Fact]
    public void The_largest_numbers_do_not_overflow()
    {
        _cell.Report(StatisticBoard.MaxValue, 1, 1);
        Assert.True(double.IsFinite(_cell.Expected(long.MaxValue, StatisticBoard.MaxValue)));
    }
}
