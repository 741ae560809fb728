using Athena.Engine.Farms;
using Athena.Engine.Simulating;
using CsCheck;

namespace Athena.Engine.Tests.Simulating;

/// <summary>Simulated decisions fall as real ones would, and leave no trace.</summary>
public class SimulatorTests
{
    private static readonly Gen<(FleetDefinition Fleet, FleetStates States, double[] Numbers, BalanceQuery Query)> Scene =
        Gen.Select(FleetGen.Fleet, FleetGen.States, FleetGen.Numbers, FleetGen.Query);

    [Fact]
    public void A_server_that_is_off_gets_nothing_and_the_others_its_share()
    {
        var fleet = TestFleet.Of("a b c");
        var outcome = Run(fleet, PlanOf(fleet, 900, part => part.With("b", AdminState.Off, null)));
        Assert.Equal([("a", 450), ("c", 450)], outcome.Targets.OrderBy(t => t.Key).Select(t => (t.Key, t.Value)));
        Assert.Equal(0, outcome.Failed);
    }

    [Fact]
    public void On_and_up_undo_whatever_keeps_a_server_out()
    {
        var states = TestStates.With("b", new ServerState { Admin = TestStates.Off, Health = HealthState.Down, Check = CheckState.Failed, Freshness = FreshnessState.Out })
            .Member("b", TestStates.Off).WithEjection(new MemberKey("web", "b"), new StateNote("athena", "", DateTimeOffset.UnixEpoch));
        var fleet = TestFleet.Of("a b", states: states);
        Assert.Equal(100, Run(fleet, PlanOf(fleet, 100)).Targets["a"]);
        Assert.Equal(50, Run(fleet, PlanOf(fleet, 100, part => part.With("b", AdminState.On, HealthState.Up))).Targets["b"]);
    }

    [Fact]
    public void Failures_are_counted_by_reason_and_forwards_by_hop()
    {
        var fleet = TestFleet.Of(TestFleet.Fleet(TestFleet.FarmOf("a") with { ForwardDown = new("spare") }, TestFleet.FarmOf("b") with { Name = "spare" }));
        var outcome = Run(fleet, PlanOf(fleet, 10, part => part.With("a", null, HealthState.Down)));
        Assert.Equal(10, outcome.Targets["b"]);
        Assert.Equal(10, outcome.Forwards[new SimulatedHop("web", "spare", ForwardReason.NoAvailableMember)]);
        outcome = Run(fleet, PlanOf(fleet, 10, part => part.With("a", null, HealthState.Down).With("b", AdminState.Off, null)));
        Assert.Equal(10, outcome.Failures[DecisionKind.NoAvailableMember]);
    }

    [Fact]
    public void Made_up_statistics_move_shares()
    {
        var fleet = TestFleet.Of("a b", "least_load Pick=best HandOutCost=0");
        fleet.Report("a=1 b=2");
        Assert.Equal(100, Run(fleet, PlanOf(fleet, 100)).Targets["a"]);
        var plan = PlanOf(fleet, 100) with { Statistics = new Dictionary<string, IReadOnlyDictionary<string, double>> { ["a"] = new Dictionary<string, double> { ["load"] = 3 } } };
        Assert.Equal(100, Run(fleet, plan).Targets["b"]);
        Assert.Equal(1, fleet.Snapshot.FindServer("a")!.Cells.Statistics.Reported.Single().Value.Value);
    }

    [Fact]
    public void Held_decisions_are_in_flight_as_long_as_they_are_held()
    {
        var fleet = TestFleet.Of("a b", "least_requests");
        var outcome = Run(fleet, PlanOf(fleet, 1000) with { Pace = new SimulatedPace(100, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(1)) });
        // By Little's law: 100 a second, held for one, is 100 in flight; each server has its most at its own moment.
        Assert.InRange(outcome.MostInFlight.Values.Sum(), 100, 110);
        Assert.InRange(outcome.Targets["a"], 450, 550);
    }

    [Fact]
    public void What_is_in_flight_at_present_ends_within_one_hold()
    {
        var fleet = TestFleet.Of(TestFleet.FarmOf("a") with { MaxInFlight = 20 });
        for (var i = 0; i < 19; i++)
        {
            fleet.Decide(new BalanceQuery("web") { Lease = TimeSpan.FromMinutes(1) });
        }
        var stays = Run(fleet, PlanOf(fleet, 100));
        Assert.Equal(100, stays.Failures[DecisionKind.FarmOverCapacity]);
        var ends = Run(fleet, PlanOf(fleet, 100) with { Pace = new SimulatedPace(10, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(1)) });
        Assert.InRange(ends.Failed, 0, 5);
        Assert.Equal(19, fleet.Web.Cells.InFlight);
    }

    [Fact]
    public void Reports_that_come_again_let_an_idle_server_stay_ahead()
    {
        var fleet = TestFleet.Of("a b", "least_load Pick=best HandOutCost=1");
        fleet.Report("a=0 b=100");
        var oneMoment = Run(fleet, PlanOf(fleet, 1000));
        var paced = Run(fleet, PlanOf(fleet, 1000) with { Pace = new SimulatedPace(50, null, TimeSpan.FromSeconds(1)) });
        Assert.InRange(oneMoment.Targets["a"], 500, 600);
        Assert.Equal(1000, paced.Targets["a"]);
    }

    [Fact]
    public void Equal_seeds_give_equal_outcomes()
    {
        var fleet = TestFleet.Of("a:3 b:2 c", "random");
        var plan = PlanOf(fleet, 500);
        Assert.Equal(Run(fleet, plan).Targets, Run(fleet, plan).Targets);
    }

    [Fact]
    public void A_cancelled_simulation_ends()
    {
        var fleet = TestFleet.Of("a b");
        using var ending = new CancellationTokenSource();
        ending.Cancel();
        Assert.Throws<OperationCanceledException>(() => new Simulator(TestFleet.Catalog, fleet.Time).Run(PlanOf(fleet, int.MaxValue), ending.Token));
    }

    [Fact]
    public void Nothing_real_changes() => Scene.Sample(scene =>
    {
        var fleet = TestFleet.Of(scene.Fleet, scene.States);
        for (var i = 0; i < scene.Numbers.Length; i++)
        {
            if (!double.IsNaN(scene.Numbers[i]))
            {
                fleet.Report($"s{i}={scene.Numbers[i].ToString("R", System.Globalization.CultureInfo.InvariantCulture)}");
            }
        }
        fleet.Decide(scene.Query);
        if (fleet.Snapshot.FindFarm(scene.Query.Farm) is not { } farm)
        {
            return;
        }
        var before = Numbers(fleet);
        var plan = new SimulationPlan(fleet.Snapshot, FleetPart.Of(fleet.Snapshot, farm), scene.Query, 50, 1);
        var plain = Run(fleet, plan);
        Assert.Equal(50, plain.Failed + plain.Targets.Values.Sum());
        Run(fleet, plan with { Pace = new SimulatedPace(7, TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(1)) });
        Assert.Equal(before, Numbers(fleet));
    }, iter: 500);

    /// <summary>Every number that a decision or a report changes.</summary>
    private static string Numbers(TestFleet fleet) => string.Join('\n',
        fleet.Snapshot.Servers.Select(s => $"{s.Name} {s.Cells.Chosen} {s.Cells.InFlight} {s.Cells.Successes} {s.Cells.Statistics.HandOutsSinceReport} "
            + string.Join(',', s.Cells.Statistics.Reported.Select(c => $"{c.Key}={c.Value.Value}/{c.Value.HandOutCost}/{c.Value.ReportedAt}")))
        .Concat(fleet.Snapshot.Farms.Select(f => $"{f.Name} {f.Cells.InFlight} {f.Cells.Copy().NextSequence()}")).Append($"{fleet.Leases.Open} {fleet.Snapshot.Revision}"));

    private static SimulationPlan PlanOf(TestFleet fleet, int decisions, Func<FleetPart, FleetPart>? change = null)
    {
        var part = FleetPart.Of(fleet.Snapshot, fleet.Web);
        return new SimulationPlan(fleet.Snapshot, change?.Invoke(part) ?? part, new BalanceQuery("web"), decisions, 1);
    }

    private static SimulationOutcome Run(TestFleet fleet, SimulationPlan plan) => new Simulator(TestFleet.Catalog, fleet.Time).Run(plan, CancellationToken.None);
}
