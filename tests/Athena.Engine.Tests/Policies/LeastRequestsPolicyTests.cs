namespace Athena.Engine.Tests.Policies;

public class LeastRequestsPolicyTests
{
    private static readonly BalanceQuery WithLease = new("web") { Lease = TimeSpan.FromMinutes(1) };

    [Theory] // reference/algorithms.md, section 4: weight 2, 4 in flight: 0.4, with bias 2 0.08.
    [InlineData("1", 1, "b")] // 0.4 < 1/(1+1)
    [InlineData("1", 2, "a")] // 0.4 > 1/(2+1)
    [InlineData("2", 2, "b")] // 0.08 < 1/9
    [InlineData("2", 3, "a")] // 0.08 > 1/16
    public void Weight_over_requests_decides(string bias, int inFlightOfB, string expected)
    {
        var fleet = TestFleet.Of("a:2 b:1", $"least_requests Bias={bias}");
        InFlight(fleet, "a", 4);
        InFlight(fleet, "b", inFlightOfB);
        Assert.All(Enumerable.Range(0, 50), i => Assert.Equal(expected, fleet.Pick(new BalanceQuery("web") { Seed = (ulong)i })));
    }

    [Fact]
    public void The_fewest_in_flight_of_a_small_farm_is_found()
    {
        var fleet = TestFleet.Of(Members(16), "least_requests");
        Assert.Equal(16, fleet.Count(16, WithLease).Count);
        fleet.Leases.Close(fleet.Decide(WithLease with { PinnedServer = "s7" }).Lease, Engine.Leases.OutcomeKind.Success, out _);
        InFlight(fleet, "s3", 5);
        var counts = fleet.Count(15 * 5, WithLease);
        Assert.False(counts.ContainsKey("s3"));
        Assert.All(counts.Values, c => Assert.Equal(5, c));
    }

    [Fact]
    public void Without_leases_and_with_bias_0_weights_decide()
    {
        foreach (var policy in new[] { "least_requests", "least_requests Bias=0", "least_requests Choices=1" })
        {
            // Binomial; 4.5 standard deviations.
            Assert.Equal(3000, TestFleet.Of("a:3 b:1", policy).Count(4000)["a"], 4.5 * Math.Sqrt(4000 * 0.75 * 0.25));
        }
    }

    [Fact]
    public void Two_choices_keep_a_large_farm_level()
    {
        var fleet = TestFleet.Of(Members(100), "least_requests");
        var counts = fleet.Count(5000, WithLease);
        // Two choices: the fullest is log log n above the mean, far below the 3.5 sigma (25) of single draws. Mitzenmacher 2001.
        Assert.All(Enumerable.Range(0, 100), i => Assert.InRange(counts[$"s{i}"], 40, 56));
    }

    [Fact]
    public void More_choices_find_an_idle_member_more_often()
    {
        int Picks(int choices)
        {
            var fleet = TestFleet.Of(Members(20), $"least_requests Choices={choices}");
            foreach (var i in Enumerable.Range(1, 19))
            {
                InFlight(fleet, $"s{i}", 3);
            }
            return fleet.Count(4000).GetValueOrDefault("s0");
        }
        // Two different draws of 20; 4.5 standard deviations.
        Assert.Equal(400, Picks(2), 4.5 * Math.Sqrt(400));
        // Repeated draws are replaced only when they repeat the best so far: 1 - (1 - 1/20) (1 - 1/19)^9 = 0.416.
        Assert.Equal(1664, Picks(10), 4.5 * Math.Sqrt(4000 * 0.416 * 0.584));
    }

    private static string Members(int count) => string.Join(' ', Enumerable.Range(0, count).Select(i => $"s{i}"));

    private static void InFlight(TestFleet fleet, string server, int count) => fleet.Count(count, WithLease with { PinnedServer = server });
}
