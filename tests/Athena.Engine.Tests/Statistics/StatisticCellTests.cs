using Athena.Engine.Statistics;

namespace Athena.Engine.Tests.Statistics;

public class StatisticCellTests
{
    private readonly StatisticCell _cell = new();

    [Fact]
    public void It_is_absent_until_it_is_reported()
    {
        Assert.False(_cell.IsReported);
        Assert.True(double.IsNaN(_cell.Value));
        Report(0, 0, 1);
        Assert.True(_cell.IsReported);
        Assert.Equal(0, _cell.Value);
    }

    [Fact]
    public void The_cost_is_learned_from_reports_that_had_hand_outs()
    {
        Report(50, 1000, 1); // Nobody knows since when those came.
        Assert.True(double.IsNaN(_cell.HandOutCost));
        Report(50, 1010, 2);
        Assert.Equal(50 / 10.0, _cell.HandOutCost, 12);
        Report(80, 1010, 3); // No hand-outs: nothing is learned.
        Assert.Equal(50 / 10.0, _cell.HandOutCost, 12);
        Report(20, 1014, 4); // (50/2 + 20) / (10/2 + 4)
        Assert.Equal(45 / 9.0, _cell.HandOutCost, 12);
        Assert.Equal(9 / 1.5, _cell.UsualHandOuts, 12);
    }

    [Fact] // It counted on until the next report: of two servers with a thousand decisions between reports, the one reported idle got nearly all.
    public void A_lease_that_ended_since_the_report_takes_its_cost_along()
    {
        Report(8, 0, 1, inFlight: 4);
        Report(8, 0, 2, inFlight: 4);
        Assert.Equal(2, _cell.HandOutCost, 12);
        Assert.Equal(0, _cell.Mark.Until(new(0, 4))); // As many begun as ended.
        Assert.Equal(2, _cell.Mark.Until(new(0, 6)));
        Assert.Equal(-3, _cell.Mark.Until(new(0, 1)));
        Assert.Equal(1, _cell.Mark.Until(new(-100, 5))); // A thread that missed hand-outs of others still knows all leases.
        Assert.Equal(7, _cell.Mark.Until(new(7, 4))); // Seven without a lease.
    }

    [Fact]
    public void A_report_stands_for_open_leases_and_for_hand_outs_without_one()
    {
        Report(100, 0, 1, inFlight: 50);
        Report(150, 25, 2, inFlight: 50);
        Assert.Equal(150 / 75.0, _cell.HandOutCost, 12);
    }

    [Fact]
    public void A_server_that_reports_zero_for_ever_still_has_a_number()
    {
        for (var i = 1; i <= 5000; i++)
        {
            Report(0, i, i);
        }
        Assert.Equal(0, _cell.HandOutCost);
    }

    [Fact]
    public void The_largest_numbers_do_not_overflow()
    {
        for (var i = 1; i <= 100; i++)
        {
            Report(StatisticBoard.MaxValue, i, i);
        }
        Assert.Equal(StatisticBoard.MaxValue, _cell.HandOutCost, 1e6);
    }

    private void Report(double value, long withoutLease, long timestamp, long inFlight = 0) => _cell.Report(value, new(withoutLease, inFlight), timestamp);
}
