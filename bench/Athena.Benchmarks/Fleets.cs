using System.Collections.Immutable;
using System.Diagnostics;
using Athena.Engine.Farms;
using Athena.Engine.Policies;
using Athena.Engine.Statistics;

namespace Athena.Benchmarks;

/// <summary>Prepared farms: one farm of some size under each of the policies measured.</summary>
internal static class Fleets
{
    /// <summary>Name of the farm.</summary>
    public const string Farm = "farm_one";

    public const string RoundRobin = "round_robin";
    public const string RoundRobinWeighted = "round_robin, weights";
    public const string Random = "random";
    public const string RandomWeighted = "random, weights";
    public const string LeastLoadTwoChoices = "least_load two_choices";
    public const string LeastLoadBest = "least_load best";
    public const string LeastLoadProportional = "least_load proportional";
    public const string LeastRequests = "least_requests";
    public const string PeakEwma = "peak_ewma";
    public const string PeakEwmaBest = "peak_ewma best";
    public const string LeastTimeTwoChoices = "least_time two_choices";
    public const string LeastTimeBest = "least_time best";

    /// <summary>Of three statistics, by two choices.</summary>
    public const string Sum = "sum";

    public const string WeightedLoad = "weighted_load";
    public const string Prequal = "prequal";
    public const string ConsistentHash = "consistent_hash";
    public const string ExpressionTwoChoices = "expression two_choices";
    public const string ExpressionBest = "expression best";
    public const string ExpressionProportional = "expression proportional";

    /// <summary>Ten terms, each a statistic; nine of them raised by hand-outs.</summary>
    public const string TenTerms = "0.2*t0 + 0.1*t1 + 3*t2/(1 + t3) + min(t4, 50) + 0.5*t5 + 0.3*t6 + sqrt(t7) + 5*(t8 > 90) + 0.7*t9";

    /// <summary>A snapshot with the one farm, whose members have all reported a load and, where it goes by them, an outcome.</summary>
    public static Snapshot Make(string policy, int members)
    {
        var weighted = policy.EndsWith("weights", StringComparison.Ordinal);
        var names = Enumerable.Range(0, members).Select(i => $"server-{i:0000}").ToArray();
        var fleet = new FleetDefinition(
            [.. names.Select((name, i) => new ServerDefinition(name, $"http://10.0.{i / 250}.{(i % 250) + 1}:8080"))],
            [
                new FarmDefinition(Farm)
                {
                    Policy = Policy(policy),
                    Members = [.. names.Select((name, i) => new MemberDefinition(name) { Weight = weighted ? 1 + (uint)(i % 7) : 1 })],
                },
            ]);
        var snapshot = new SnapshotCompiler(new PolicyCatalog(PolicyCatalog.BuiltIn), new StatisticNames()).Compile(1, fleet, FleetStates.Normal);
        for (var i = 0; i < members; i++)
        {
            snapshot.Servers[i].Cells.Statistics.Report([new("load", 1 + (i * 37 % 101)), .. TermsOf(policy, i)], timestamp: 1);
            snapshot.Servers[i].Cells.Observe(1 + (i * 37 % 101), failed: false, inFlight: 1, now: 0);
        }
        // The median of latencies; a large farm knows only then that there are outcomes.
        (snapshot.Farms[0].Groups[0].Prepared as IRefreshed)?.Refresh(new RefreshTime(0, Stopwatch.Frequency));
        return snapshot;
    }

    public static SnapshotHolder Hold(Snapshot snapshot)
    {
        var holder = new SnapshotHolder();
        holder.Publish(snapshot);
        return holder;
    }

    private static IEnumerable<KeyValuePair<string, double>> TermsOf(string policy, int member) =>
        policy == Sum || policy.StartsWith("expression", StringComparison.Ordinal) ? Enumerable.Range(0, 10).Select(k => KeyValuePair.Create($"t{k}", 1.0 + (member * (k + 7) % 101))) : [];

    private static PolicyDefinition Policy(string policy)
    {
        var parts = policy.Split(' ', ',');
        var definition = new PolicyDefinition(parts[0]);
        if (parts[0] == "expression")
        {
            return definition with { Parameters = definition.Parameters.Add("Pick", parts[1]).Add("Score", TenTerms) };
        }
        if (parts[0] == Sum)
        {
            return definition with { Parameters = definition.Parameters.Add("Statistics:load", "1").Add("Statistics:t0", "2").Add("Statistics:t1", "0.5") };
        }
        return parts is ["least_load" or "least_time" or PeakEwma, var pick] ? definition with { Parameters = definition.Parameters.Add("Pick", pick) } : definition;
    }
}
