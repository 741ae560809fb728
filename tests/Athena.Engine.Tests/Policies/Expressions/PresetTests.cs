using System.Runtime.CompilerServices;

namespace Athena.Engine.Tests.Policies.Expressions;

/// <summary>The lines of docs/expressions.md that write other systems' formulas.</summary>
public class PresetTests
{
    private const string Sum = "1*c + 0.5*m + 0.2*stat('0cus')";
    private const string QualityOfService = "1*10*clamp(1 - packet_rate/700, 0, 1) + 50*10*clamp(1 - rtt/2000000, 0, 1) + 5*10*clamp(completion_rate/100, 0, 1) + 30*10*clamp(link_capacity/2000000, 0, 1) + 3*10*clamp(1 - kbps/15000, 0, 1)";
    private const string LoadFactor = "clamp(100*(1 - (2*busyness/busyness_capacity + 1*cpu/cpu_capacity)/(2 + 1)), 1, 100)";
    private const string Orca = "rps_fractional / ((coalesce(application_utilization, 0) > 0 ? application_utilization : cpu_utilization) + coalesce(eps, 0)/rps_fractional*1)";
    private const string Heartbeat = "age > 10 ? 0 : busy == 0 ? ready/4 : ready";

    [Theory]
    [InlineData(Sum, "cost", "c=10 m=40 0cus=5", 31)]
    [InlineData(QualityOfService, "worth", "packet_rate=70 rtt=200000 completion_rate=80 link_capacity=1000000 kbps=3000", 9 + 450 + 40 + 150 + 24)]
    [InlineData(QualityOfService, "worth", "packet_rate=700 rtt=3000000 completion_rate=0 link_capacity=0 kbps=15000", 0)]
    [InlineData(QualityOfService, "worth", "packet_rate=0 rtt=0 completion_rate=100 link_capacity=2000000 kbps=0", 10 * (1 + 50 + 5 + 30 + 3))]
    [InlineData(LoadFactor, "worth", "busyness=50 busyness_capacity=200 cpu=50 cpu_capacity=100", 200 / 3.0)] // (2*0.25 + 0.5)/3 is taken
    [InlineData(LoadFactor, "worth", "busyness=300 busyness_capacity=200 cpu=90 cpu_capacity=100", 1)]
    [InlineData(Orca, "worth", "rps_fractional=100 cpu_utilization=0.5 eps=5", 100 / 0.55)] // 181.8
    [InlineData(Orca, "worth", "rps_fractional=100 cpu_utilization=0.9 application_utilization=0.5 eps=5", 100 / 0.55)]
    [InlineData(Orca, "worth", "rps_fractional=100 cpu_utilization=0.5 application_utilization=0", 200)]
    [InlineData(Heartbeat, "worth", "busy=2 ready=8", 8)]
    [InlineData(Heartbeat, "worth", "busy=0 ready=8", 2)]
    public void A_preset_gives_its_vector(string score, string reads, string numbers, double expected)
    {
        var fleet = ExpressionFleet.Of("a", score, $"Reads={reads}");
        fleet.Snapshot.Servers[0].Cells.Statistics.Report(
            [.. numbers.Split(' ').Select(n => n.Split('=')).Select(n => KeyValuePair.Create(n[0], double.Parse(n[1], System.Globalization.CultureInfo.InvariantCulture)))], fleet.Time.GetTimestamp());
        Assert.Equal(expected, fleet.Score("a"), 1e-9);
    }

    [Fact]
    public void A_heartbeat_not_heard_for_ten_seconds_is_worth_nothing()
    {
        var fleet = ExpressionFleet.Of("a b c", Heartbeat, "Reads=worth Pick=proportional HandOutCost=0 Expiration=00:01:00");
        fleet.Report("a=1 b=1", "busy");
        fleet.Report("a=9 b=3", "ready");
        fleet.Report("c=0", "busy");
        fleet.Report("c=16", "ready");
        var counts = fleet.Count(8000); // 9, 3 and 16/4
        Assert.Equal(8000 * 9 / 16.0, counts["a"], 4.5 * Math.Sqrt(8000 * (9 / 16.0) * (7 / 16.0)));
        Assert.Equal(8000 * 4 / 16.0, counts["c"], 4.5 * Math.Sqrt(8000 * (4 / 16.0) * (12 / 16.0)));
        fleet.Pass(TimeSpan.FromSeconds(11));
        fleet.Report("a=1 b=1", "busy");
        Assert.Equal([9, 3, 0], fleet.Scores());
        Assert.DoesNotContain("c", fleet.Count(1000).Keys);
    }

    [Theory]
    [InlineData(Sum)]
    [InlineData(QualityOfService)]
    [InlineData(LoadFactor)]
    [InlineData(Orca)]
    [InlineData(Heartbeat)]
    public void A_preset_stands_in_the_documentation(string score) => Assert.Contains(score, File.ReadAllText(Documentation()), StringComparison.Ordinal);

    private static string Documentation([CallerFilePath] string here = "") =>
        Path.Combine(Path.GetDirectoryName(here)!, "..", "..", "..", "..", "docs", "expressions.md");
}
