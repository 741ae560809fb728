using System.Collections.Immutable;
using System.Globalization;
using Athena.Engine.Farms;
using Athena.Engine.Leases;
using Athena.Engine.Policies;
using Athena.Engine.Statistics;
using Athena.Engine.Steering;
using Microsoft.Extensions.Time.Testing;

namespace Athena.Engine.Tests;

/// <summary>The whole engine on a fleet of the test's making, with time that stands still until it is moved.</summary>
internal sealed class TestFleet
{
    private readonly SnapshotCompiler _compiler;
    private long _revision;

    private TestFleet(FleetDefinition definition, FleetStates states)
    {
        Assert.Empty(new FleetValidator(Catalog).Validate(definition));
        Definition = definition;
        _compiler = new SnapshotCompiler(Catalog, new StatisticNames(), Time);
        Leases = new LeaseTable(Time);
        Steering = new SteeringVerifier(Time);
        Balancer = new Balancer(Holder, Leases, Steering);
        Refresher = new PolicyRefresher(Holder, Time);
        Set(states);
    }

    public static PolicyCatalog Catalog { get; } = new(PolicyCatalog.BuiltIn);

    public FakeTimeProvider Time { get; } = new();

    public SnapshotHolder Holder { get; } = new();

    public LeaseTable Leases { get; }

    public SteeringVerifier Steering { get; }

    public Balancer Balancer { get; }

    public PolicyRefresher Refresher { get; }

    public FleetDefinition Definition { get; private set; }

    public Snapshot Snapshot => Holder.Current;

    public Farm Web => Farm("web");

    public static TestFleet Of(FleetDefinition definition, FleetStates? states = null) => new(definition, states ?? FleetStates.Normal);

    public static TestFleet Of(FarmDefinition farm, FleetStates? states = null) => Of(Fleet(farm), states);

    /// <summary>One farm "web" of these members, as in "a:5 b c:1/1": name, weight, tier.</summary>
    public static TestFleet Of(string members, string policy = "round_robin", FleetStates? states = null) => Of(FarmOf(members, policy), states);

    /// <summary>A farm "web": members as in "a:5 b c:1/1", a policy as in "least_load Statistic=cpu Pick=best".</summary>
    public static FarmDefinition FarmOf(string members, string policy = "round_robin") => new("web")
    {
        Members = [.. members.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(MemberOf)],
        Policy = PolicyOf(policy),
    };

    public static PolicyDefinition PolicyOf(string text)
    {
        var words = text.Split(' ');
        var parameters = words.Skip(1).Select(w => w.Split('=', 2)).Select(p => KeyValuePair.Create(p[0], p[1]));
        return new PolicyDefinition(words[0]) { Parameters = PolicyDefinition.Default.Parameters.AddRange(parameters) };
    }

    /// <summary>These farms, and a plain server for each name among their members.</summary>
    public static FleetDefinition Fleet(params FarmDefinition[] farms) =>
        new([.. farms.SelectMany(f => f.Members).Select(m => m.Server).Distinct(EntityName.Comparer).Select(Server)], [.. farms]);

    public static ServerDefinition Server(string name) => new(name, $"http://{name}.example:8080");

    public Farm Farm(string name) => Snapshot.FindFarm(name)!;

    public Member Member(string server) => Web.FindMember(server)!;

    public void Set(FleetStates states) => Holder.Publish(_compiler.Compile(++_revision, Definition, states));

    /// <summary>Another configuration takes the place of this one.</summary>
    public void Become(FleetDefinition definition)
    {
        Definition = definition;
        Set(FleetStates.Normal);
    }

    public Decision Decide(BalanceQuery? query = null) => Balancer.Decide(query ?? new BalanceQuery("web"));

    /// <summary>Moves the time, as one span, and lets the policies see it.</summary>
    public void Pass(TimeSpan span)
    {
        Time.Advance(span);
        Refresher.Refresh();
    }

    /// <summary>Name of the server chosen, or null.</summary>
    public string? Pick(BalanceQuery? query = null) => Decide(query).Member?.Server.Name;

    /// <summary>The servers chosen one after another, as in "a b a".</summary>
    public string Picks(int count, BalanceQuery? query = null) => string.Join(' ', Enumerable.Range(0, count).Select(_ => Pick(query) ?? "-"));

    /// <summary>How often each server was chosen; "-" where none was.</summary>
    public Dictionary<string, int> Count(int decisions, BalanceQuery? query = null) =>
        Enumerable.Range(0, decisions).Select(_ => Pick(query) ?? "-").CountBy(name => name).ToDictionary();

    /// <summary>Takes in a report of one statistic for each server, as in "a=5 b=7".</summary>
    public void Report(string numbers, string statistic = "load")
    {
        foreach (var pair in numbers.Split(' ').Select(n => n.Split('=')))
        {
            var cells = Snapshot.FindServer(pair[0])!.Cells;
            Assert.Empty(cells.Statistics.Report(
                [KeyValuePair.Create(statistic, double.Parse(pair[1], CultureInfo.InvariantCulture))], Time.GetTimestamp()));
        }
    }

    private static MemberDefinition MemberOf(string text)
    {
        var parts = text.Split(':', '/');
        return new MemberDefinition(parts[0])
        {
            Weight = parts.Length > 1 ? uint.Parse(parts[1], CultureInfo.InvariantCulture) : 1,
            Tier = parts.Length > 2 ? int.Parse(parts[2], CultureInfo.InvariantCulture) : 0,
        };
    }
}
