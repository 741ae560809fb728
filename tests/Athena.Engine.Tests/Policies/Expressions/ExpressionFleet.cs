using Athena.Engine.Farms;
using Athena.Engine.Leases;
using Athena.Engine.Policies;
using Athena.Engine.Policies.Expressions;

namespace Athena.Engine.Tests.Policies.Expressions;

/// <summary>A farm "web" under a formula, and its scores.</summary>
internal static class ExpressionFleet
{
    /// <summary>As <see cref="TestFleet.Of(string, string, FleetStates?)"/>; the formula may have blanks, each server has its name as label "name".</summary>
    public static TestFleet Of(string members, string score, string options = "")
    {
        var policy = TestFleet.PolicyOf(("expression " + options).TrimEnd());
        var fleet = TestFleet.Fleet(TestFleet.FarmOf(members) with { Policy = policy with { Parameters = policy.Parameters.Add("Score", score) } });
        return TestFleet.Of(fleet with { Servers = [.. fleet.Servers.Select(s => s with { Labels = s.Labels.Add("name", s.Name) })] });
    }

    public static ScoreTable Table(this TestFleet fleet) => (ScoreTable)fleet.Web.Groups[0].Prepared!;

    /// <summary>Scores of all members, in their order, after all reports were seen.</summary>
    public static double[] Scores(this TestFleet fleet)
    {
        fleet.Refresher.Refresh();
        return [.. Enumerable.Range(0, fleet.Web.Members.Count).Select(fleet.Table().ScoreOf)];
    }

    public static double Score(this TestFleet fleet, string server) => fleet.Scores()[fleet.Member(server).Index];

    public static void End(this TestFleet fleet, ulong lease) =>
        Assert.Equal(OutcomeResult.Recorded, fleet.Leases.Close(lease, OutcomeKind.Success, out _));

    public static Dictionary<string, ScoreTerm> Terms(this TestFleet fleet, string server)
    {
        var terms = new List<ScoreTerm>();
        fleet.Table().Terms(fleet.Member(server).Index, terms);
        return terms.ToDictionary(t => t.Name);
    }

    public static IReadOnlyList<FleetFault> FaultsOf(string score, string options = "")
    {
        var policy = TestFleet.PolicyOf(("expression " + options).TrimEnd());
        var farm = TestFleet.FarmOf("a") with { Policy = policy with { Parameters = policy.Parameters.Add("Score", score) } };
        return new FleetValidator(TestFleet.Catalog).Validate(TestFleet.Fleet(farm));
    }
}
