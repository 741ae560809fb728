using Athena.Engine.Farms;
using Athena.Engine.Leases;
using Athena.Engine.Policies;

namespace Athena.Engine.Tests.Policies;

/// <summary>What `least_time` and `peak_ewma` keep current of larger groups is what they would work out of them at the pick.</summary>
public sealed class LatencyTableTests
{
    private const int Steps = 4000;

    private static readonly BalanceQuery WithLease = new("web") { Lease = TimeSpan.FromSeconds(10) };

    [Theory]
    [InlineData("least_time", 64)]
    [InlineData("least_time", 150)]
    [InlineData("peak_ewma Pick=best", 64)]
    [InlineData("peak_ewma Pick=best", 150)]
    public void The_best_by_the_board_is_the_best_of_all(string policy, int members)
    {
        var seed = Random.Shared.Next();
        var random = new Random(seed);
        var names = Enumerable.Range(0, members).Select(i => $"s{i}").ToArray();
        // Half of the servers do other work too, which changes what they have in flight and how fast they are.
        var other = new FarmDefinition("other") { Members = [.. names.Where((_, i) => i % 2 == 0).Select(n => new MemberDefinition(n))] };
        var fleet = TestFleet.Of(TestFleet.Fleet(TestFleet.FarmOf(string.Join(' ', names.Select((n, i) => $"{n}:{1 + (i % 3)}")), policy), other));
        Outcome(fleet, "s0", 20);
        // Too many to be looked at for each pick: they know of outcomes from here on.
        fleet.Refresher.Refresh();
        using var first = new Worker();
        using var second = new Worker();
        var open = new List<ulong>();
        var picks = 0;
        for (var step = 0; step < Steps; step++)
        {
            var (what, place) = (random.Next(100), random.Next(members));
            (what < 50 ? first : second).Do(() =>
            {
                switch (what % 10)
                {
                    case 0:
                        open.Add(fleet.Decide(WithLease with { Farm = "other" }).Lease);
                        break;
                    case 1:
                        open.Add(fleet.Decide(WithLease with { PinnedServer = names[place] }).Lease);
                        break;
                    case < 5:
                        var lease = open.Count == 0 ? 0 : open[random.Next(open.Count)];
                        fleet.Leases.Close(lease, random.Next(5) == 0 ? OutcomeKind.ServerError : OutcomeKind.Success, out _, TimeSpan.FromMilliseconds(random.Next(1, 100)));
                        break;
                    case 5:
                        fleet.Time.Advance(TimeSpan.FromMilliseconds(random.Next(500)));
                        fleet.Leases.Sweep();
                        break;
                    case 6 when step % 5 == 0:
                        fleet.Pass(TimeSpan.FromMilliseconds(100));
                        break;
                    default:
                        var excluded = random.Next(3) == 0 ? names[place] : null;
                        var scores = Scores(fleet.Web, excluded);
                        var decision = fleet.Decide((random.Next(2) == 0 ? WithLease : new BalanceQuery("web")) with { Exclude = excluded is null ? null : [excluded] });
                        open.Add(decision.Lease);
                        picks++;
                        Assert.True(scores[decision.Member!.Index] == scores.Min(), $"step {step}, seed {seed}");
                        break;
                }
            });
        }
        Assert.True(picks > Steps / 10);
    }

    [Theory]
    [InlineData("least_time")]
    [InlineData("peak_ewma Pick=best")]
    public void Equals_of_a_large_farm_share_alike_whether_all_are_compared_or_some(string policy)
    {
        const int Members = 100;
        var fleet = TestFleet.Of(string.Join(' ', Enumerable.Range(0, Members).Select(i => $"s{i}")), policy);
        for (var i = 0; i < Members; i++)
        {
            Outcome(fleet, $"s{i}", i == Members - 1 ? 1000 : 10);
        }
        fleet.Refresher.Refresh();
        foreach (var excluded in new[] { null, "s98" })
        {
            var counts = fleet.Count(10_000, new BalanceQuery("web") { Exclude = excluded is null ? null : [excluded] });
            var equals = excluded is null ? 99 : 98;
            var share = 1.0 / equals;
            Assert.Equal(equals, counts.Count);
            // Five standard deviations of a binomial count: hundreds are looked at.
            Assert.All(Enumerable.Range(0, 98), i => Assert.Equal(10_000 * share, counts[$"s{i}"], 5 * Math.Sqrt(10_000 * share * (1 - share))));
        }
    }

    [Fact]
    public void A_large_farm_knows_its_latencies_as_soon_as_it_is_changed()
    {
        var fleet = TestFleet.Of(string.Join(' ', Enumerable.Range(0, 100).Select(i => $"s{i}")), "least_time");
        for (var i = 0; i < 100; i++)
        {
            Outcome(fleet, $"s{i}", i == 70 ? 5 : 50);
        }
        fleet.Set(FleetStates.Normal.WithServer("s3", new ServerState { Admin = TestStates.Off }));
        Assert.Equal("s70 s70 s70", fleet.Picks(3));
    }

    /// <summary>Each member's score, worked out anew; infinite for the one excluded.</summary>
    private static double[] Scores(Farm farm, string? excluded) => farm.Groups[0].Prepared switch
    {
        LatencyTable<LineLatencies> lines => Scores(farm, excluded, lines.LatencyOf),
        LatencyTable<PeakLatencies> peaks => Scores(farm, excluded, peaks.LatencyOf),
        _ => throw new ArgumentException("no latencies", nameof(farm)),
    };

    private static double[] Scores(Farm farm, string? excluded, Func<int, long, double> latencyOf) => [.. farm.Groups[0].Array.Select((m, i) =>
        m.Server.Name == excluded ? double.PositiveInfinity : latencyOf(i, m.Counters.InFlight + 1) * (m.Counters.InFlight + 1) / m.EffectiveWeight)];

    private static void Outcome(TestFleet fleet, string server, int milliseconds) =>
        fleet.Leases.Close(fleet.Decide(WithLease with { PinnedServer = server }).Lease, OutcomeKind.Success, out _, TimeSpan.FromMilliseconds(milliseconds));
}
