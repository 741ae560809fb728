using Athena.Simulation.Choosers;
using Athena.Simulation.Model;
using Athena.Simulation.Report;

namespace Athena.Simulation.Tests;

public class SimulationTests
{
    private static readonly Scenario Short = Scenarios.Farm with { WarmUp = 2, Length = 4 };

    [Fact]
    public void The_same_seed_gives_the_same_table()
    {
        var scenario = Scenarios.Farm with { WarmUp = 0.5, Length = 1, NoiseEvery = 5, Restarts = true };
        string Table()
        {
            var comparison = new Comparison(scenario, [.. Contender.Proxies, .. Contender.Policies]);
            comparison.Run(seeds: 1);
            return comparison.ToTable();
        }
        Assert.Equal(Table(), Table());
    }

    [Fact]
    public void Another_seed_gives_other_numbers()
    {
        var scenario = Short with { WarmUp = 0.5, Length = 1 };
        var (a, b) = (SimulationRun.Of(scenario, Named(Contender.Best), 1), SimulationRun.Of(scenario, Named(Contender.Best), 2));
        Assert.NotEqual((a.Count, a.Latency(0.5)), (b.Count, b.Latency(0.5)));
    }

    [Theory] // The goals, on a short run: a little wider than those of docs/quality.md.
    [InlineData(0.75)]
    [InlineData(0.95)]
    public void Athenas_best_beats_what_proxies_see_and_keeps_off_the_herd(double load)
    {
        var scenario = Short with { Load = load };
        Result Of(string name) => SimulationRun.Of(scenario, Named(name), 7);
        var best = Of(Contender.Best);
        Assert.InRange(best.Latency(0.99), 1, 0.6 * Of(Contender.LeastConnections).Latency(0.99));
        Assert.InRange(best.Latency(0.99), 1, Of(Contender.TwoChoices).Latency(0.99));
        Assert.InRange(best.BusiestSecond, 1, 1.4);
        Assert.True(Of(Contender.LowestReported).BusiestSecond > 3);
        Assert.Equal(0, best.Errors);
    }

    [Theory] // What `Athena.LoadBench unequal` measures. At 95 % not even who knows all comes below 0.6.
    [InlineData(0, 0.55)]
    [InlineData(1, 0.55)]
    [InlineData(2, 0.8)]
    public void Where_one_of_three_is_slow_prequal_halves_the_time_of_the_slowest_answers(int load, double most)
    {
        var scenario = Scenarios.Three.ElementAt(load) with { WarmUp = 2, Length = 10 };
        Result Of(string name) => SimulationRun.Of(scenario, Named(name), 3);
        Assert.InRange(Of("prequal").Latency(0.99), 1, most * Of(Contender.LeastConnections).Latency(0.99));
    }

    [Fact] // They were 20 to 40 times slower while leases that had ended still counted, and prequal went by latencies of long ago.
    public void Scores_from_old_reports_and_prequal_keep_up_with_least_connections()
    {
        var most = 1.2 * SimulationRun.Of(Short, Named(Contender.LeastConnections), 3).Latency(0.99);
        foreach (var name in new[] { "least_load Statistic=queue Pick=best", "prequal" })
        {
            Assert.InRange(SimulationRun.Of(Short, Named(name), 3).Latency(0.99), 1, most);
        }
    }

    [Fact] // A server that refuses at once looked idle until a check found it: ten times its share and more.
    public void A_server_that_is_down_does_not_attract_everybody() =>
        Assert.InRange(SimulationRun.Of(Short with { Restarts = true }, Named(Contender.Best), 1).BusiestSecond, 1, 1.5);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Little_load_takes_the_time_of_its_work(bool isSharing)
    {
        var scenario = Short with { Load = 0.01, Speeds = [1, 1], Deviation = 0, Hop = 0, LookUp = 0, Discipline = isSharing ? Discipline.Sharing : Discipline.Workers, Length = 30 };
        var result = SimulationRun.Of(scenario, Named(Contender.LeastConnections), 1);
        Assert.Equal(10, result.Latency(0.5), 0.01);
    }

    [Fact] // M/M/1 but for log-normal work of the same variance: wait = load / (1 - load) · service · (1 + deviation²) / 2.
    public void One_worker_waits_as_the_queueing_formula_has_it()
    {
        var scenario = new Scenario("one", 0.5) { Speeds = [1], Workers = 1, Hop = 0, LookUp = 0, WarmUp = 5, Length = 600 };
        var result = SimulationRun.Of(scenario, Named(Contender.LeastConnections), 1);
        Assert.Equal(20, result.MeanLatency, 1.5);
    }

    [Fact]
    public void Closed_clients_ask_again_only_after_their_answer()
    {
        var scenario = Short with { Closed = true, Speeds = [1], Workers = 1, Load = 1, ThinkTime = 0.1 };
        var result = SimulationRun.Of(scenario, Named(Contender.LeastConnections), 1);
        // 11 clients on one worker of 100 requests a second: never more than that.
        Assert.InRange(result.Count, 250, 100 * 4 * 1.2);
    }

    [Fact]
    public void Arguments_are_understood_or_refused()
    {
        Assert.Equal(3, SimulationOptions.Parse(["--quick", "--seeds", "3"])!.Seeds);
        Assert.Equal(["least_time", "known"], SimulationOptions.Parse(["--by", "least_time", "--by", "known"])!.By);
        Assert.Null(SimulationOptions.Parse(["--docs", ".", "--by", "least_time"]));
        Assert.Null(SimulationOptions.Parse(["--seeds", "0"]));
        Assert.Null(SimulationOptions.Parse(["--docs", "no/such/folder"]));
        Assert.Null(SimulationOptions.Parse(["now"]));
    }

    private static Contender Named(string name) => Contender.Proxies.Concat(Contender.Policies).First(c => c.Name == name);
}
