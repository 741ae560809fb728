using System.Collections.Immutable;
using Athena.Engine;
using Athena.Engine.Explaining;
using Athena.Engine.Farms;
using Athena.Engine.Tests;
using Athena.Service.Contract;
using Athena.V1;
using CsCheck;

namespace Athena.Service.Tests.Contract;

/// <summary>An explanation is of the very decision, and enough to come to it again.</summary>
public sealed class ExplanationTests
{
    private static readonly Gen<(FleetDefinition Fleet, FleetStates States, double[] Numbers, BalanceQuery[] Queries)> Scene =
        Gen.Select(FleetGen.Fleet, FleetGen.States, FleetGen.Numbers, FleetGen.Query.Array[20]);

    [Fact]
    public void The_explanation_alone_leads_to_the_same_server() => Scene.Sample(scene =>
    {
        var fleet = Make(scene.Fleet, scene.States, scene.Numbers);
        foreach (var query in scene.Queries)
        {
            Check(fleet, query);
            Learn(fleet, query);
        }
    }, iter: 1500);

    [Fact]
    public void Large_farms_are_explained_as_well() => Gen.Select(Gen.OneOf([.. EveryPolicy.Forms]), Gen.UInt[1, 5].Array[17, 90], FleetGen.Query.Array[30]).Sample(scene =>
    {
        var (policy, weights, queries) = scene;
        var fleet = TestFleet.Of(string.Join(' ', weights.Select((w, i) => $"s{i}:{w}")), policy);
        fleet.Report(string.Join(' ', weights.Select((_, i) => i).Where(i => i % 3 != 0).Select(i => $"s{i}={i % 7}")));
        foreach (var query in queries)
        {
            Check(fleet, query with { Farm = "web", PinnedServer = null, Labels = null });
            Learn(fleet, query);
        }
    }, iter: 150);

    [Fact]
    public void Without_asking_why_the_same_question_has_the_same_answer() => Scene.Sample(scene =>
    {
        var (one, two) = (Make(scene.Fleet, scene.States, scene.Numbers), Make(scene.Fleet, scene.States, scene.Numbers));
        foreach (var query in scene.Queries)
        {
            var (plain, traced) = (one.Decide(query), two.Decide(query with { Trace = new DecisionTrace(two.Time) }));
            Assert.Equal((plain.Kind, plain.Member?.Declared.Name, plain.Member?.Server.Name, plain.Seed, plain.Pinned, plain.Url),
                (traced.Kind, traced.Member?.Declared.Name, traced.Member?.Server.Name, traced.Seed, traced.Pinned, traced.Url));
        }
        Assert.Equal(one.Snapshot.Servers.Select(s => (s.Cells.Chosen, s.Cells.InFlight)), two.Snapshot.Servers.Select(s => (s.Cells.Chosen, s.Cells.InFlight)));
    }, iter: 500);

    [Fact]
    public void A_score_is_the_sum_of_its_terms()
    {
        var fleet = TestFleet.Of("a:2 b", "sum Statistics:load=1 Statistics:cpu=2.5");
        fleet.Report("a=4 b=6");
        fleet.Report("a=1 b=2", "cpu");
        for (var i = 0; i < 10; i++)
        {
            var (told, _) = Explain(fleet, new BalanceQuery("web"));
            Assert.All(told.Members, m =>
            {
                double Term(string name) => m.Terms.Single(t => t.Name == name).Value;
                var load = Term("load") + (Term("load.hand_outs") * Term("load.hand_out_cost"));
                var cpu = Term("cpu") + (Term("cpu.hand_outs") * Term("cpu.hand_out_cost"));
                Assert.Equal((load + (2.5 * cpu)) / m.Weight, m.Score, 9);
            });
        }
    }

    /// <summary>A division can make one of two numbers: both what is least and what is told must take them as equals.</summary>
    [Theory]
    [InlineData("5e-324", "0")]
    [InlineData("0.30000000000000004", "0.3")]
    [InlineData("1e18", "999999999999999872")]
    public void Costs_that_differ_in_their_last_bit_alone_are_explained_as_well(string one, string other)
    {
        var fleet = TestFleet.Of("a:3 b:3", "least_load");
        fleet.Report($"a={one} b={other}");
        for (var i = 0UL; i < 50; i++)
        {
            Check(fleet, new BalanceQuery("web") { Seed = i });
        }
    }

    [Fact]
    public void Terms_tell_how_old_they_are_and_whether_they_are_the_members_own()
    {
        var fleet = TestFleet.Of("a b", "least_load");
        fleet.Report("a=4");
        fleet.Time.Advance(TimeSpan.FromSeconds(3));
        var (told, _) = Explain(fleet, new BalanceQuery("web"));
        var (a, b) = (told.Members[0].Terms.Single(t => t.Name == "load"), told.Members[1].Terms.Single(t => t.Name == "load"));
        Assert.Equal((4, 3, false), (a.Value, a.Age.ToTimeSpan().TotalSeconds, a.Assumed));
        Assert.Equal((4, true), (b.Value, b.Assumed));
        Assert.Null(b.Age);
    }

    [Fact]
    public void What_removed_a_member_is_told_in_full()
    {
        var note = new StateNote("ann", "disk", DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch.AddHours(1));
        var states = FleetStates.Normal.WithServer("b", new ServerState { Admin = new(Engine.Farms.AdminState.Off, note), Freshness = Engine.Farms.FreshnessState.Out, FreshnessNote = note });
        var fleet = TestFleet.Of(TestFleet.FarmOf("a b c d:0 e:1/1"), states);
        var (told, decision) = Explain(fleet, new BalanceQuery("web") { Exclude = ["c"] });
        Assert.Equal("a", decision.Member!.Server.Name);
        var b = told.Members[1];
        Assert.Equal([V1.CauseKind.Off, V1.CauseKind.Out], b.Causes.Select(c => c.Kind));
        Assert.Equal(("ann", "disk", note.Since, note.Until), (b.Causes[0].Actor, b.Causes[0].Reason, b.Causes[0].SinceTime.ToDateTimeOffset(), b.Causes[0].UntilTime.ToDateTimeOffset()));
        Assert.Equal((false, true), (told.Members[2].Eligible, told.Members[2].Excluded));
        Assert.Equal(V1.CauseKind.WeightZero, Assert.Single(told.Members[3].Causes).Kind);
        Assert.True(told.Members[0].Chosen && told.Members[0].Eligible);
    }

    [Fact]
    public async Task Reports_and_hand_outs_meanwhile_do_not_change_what_is_told()
    {
        var fleet = TestFleet.Of("a b c d", "least_load Pick=best");
        using var ending = new CancellationTokenSource();
        var others = Task.Run(() =>
        {
            for (var i = 0; !ending.IsCancellationRequested; i++)
            {
                fleet.Report($"a={i % 5} b={i % 3} c={i % 7} d={i % 2}");
                fleet.Decide(new BalanceQuery("web"));
            }
        });
        for (var i = 0; i < 2000; i++)
        {
            Check(fleet, new BalanceQuery("web"));
        }
        await ending.CancelAsync();
        await others;
    }

    private static (Explanation Told, Decision Decision) Explain(TestFleet fleet, BalanceQuery query)
    {
        var trace = new DecisionTrace(fleet.Time);
        query = query with { Trace = trace };
        var decision = fleet.Decide(query);
        return (trace.ToMessage(decision, query), decision);
    }

    private static void Check(TestFleet fleet, BalanceQuery query)
    {
        if (fleet.Snapshot.FindFarm(query.Farm) is null)
        {
            return;
        }
        var (told, decision) = Explain(fleet, query);
        var text = $"{told}";
        Assert.True(decision.Member?.Declared.Name == Reckoning.ServerOf(told), $"chosen {decision.Member?.Declared.Name}, reckoned {Reckoning.ServerOf(told)}: {text}");
        Assert.Equal(decision.Member is null ? [] : [decision.Member.Declared.Name], told.Members.Where(m => m.Chosen).Select(m => m.Server));
        if (told.Steps.FirstOrDefault(s => s.Purpose == "tier") is { } tier)
        {
            Assert.Equal(Reckoning.Split(decision.Seed, 63), tier.Bits);
        }
        Assert.True(decision.Pinned || told.Members.All(m => !m.Chosen || m.Eligible), text);
        Assert.DoesNotContain(decision.Member?.Declared.Name, told.RunnersUp);
    }

    /// <summary>Time passes, and some leases end, so that latencies and costs are known.</summary>
    private static void Learn(TestFleet fleet, BalanceQuery query)
    {
        var decision = fleet.Decide(query with { Lease = TimeSpan.FromMinutes(5) });
        fleet.Pass(TimeSpan.FromMilliseconds(query.Seed!.Value % 300));
        if (decision.Lease != 0 && query.Seed % 3 != 0)
        {
            fleet.Leases.Close(decision.Lease, query.Seed % 5 == 0 ? Engine.Leases.OutcomeKind.ServerError : Engine.Leases.OutcomeKind.Success, out _);
        }
    }

    private static TestFleet Make(FleetDefinition definition, FleetStates states, double[] numbers)
    {
        var fleet = TestFleet.Of(definition, states);
        for (var i = 0; i < numbers.Length; i++)
        {
            if (!double.IsNaN(numbers[i]))
            {
                fleet.Report($"s{i}={numbers[i].ToString("R", System.Globalization.CultureInfo.InvariantCulture)}");
            }
        }
        fleet.Refresher.Refresh();
        return fleet;
    }
}
