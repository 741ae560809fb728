using System.Collections.Immutable;
using Athena.Engine;
using Athena.Engine.Farms;
using Athena.Engine.Leases;
using Athena.Engine.Policies;
using Athena.Engine.Statistics;
using Athena.Simulation.Model;

namespace Athena.Simulation.Choosers;

/// <summary>The engine as the service drives it: one for all proxies, leases opened and closed with their outcome, reports, a refresh ten times a second.</summary>
internal sealed class AthenaChooser : IChooser
{
    private const string FarmName = "web";
    private static readonly TimeSpan LeaseTimeout = TimeSpan.FromSeconds(60);
    private static readonly PolicyCatalog Catalog = new(PolicyCatalog.BuiltIn);

    private readonly VirtualClock _clock;
    private readonly Dice _dice;
    private readonly SnapshotCompiler _compiler;
    private readonly SnapshotHolder _holder = new();
    private readonly LeaseTable _leases;
    private readonly Balancer _balancer;
    private readonly PolicyRefresher _refresher;
    private readonly string[] _names;
    private readonly Dictionary<string, int> _places;
    private readonly bool _seeded;
    private readonly GatewayAsking[] _gateways;
    private FleetStates _states = FleetStates.Normal;
    private long _revision = 1;
    private int _ticks;

    /// <param name="policy">As in "least_load Statistic=cpu Pick=best".</param>
    /// <param name="scenario">What is simulated.</param>
    /// <param name="clock">Its time.</param>
    /// <param name="dice">Seeds of the picks.</param>
    public AthenaChooser(string policy, Scenario scenario, VirtualClock clock, Dice dice)
    {
        (_clock, _dice, LookUp) = (clock, dice, scenario.LookUp);
        _compiler = new SnapshotCompiler(Catalog, new StatisticNames(), clock);
        _leases = new LeaseTable(clock);
        _balancer = new Balancer(_holder, _leases);
        _refresher = new PolicyRefresher(_holder, clock);
        _names = [.. scenario.Speeds.Select((_, i) => $"s{i:00}")];
        _places = _names.Select((name, i) => (name, i)).ToDictionary(p => p.name, p => p.i);
        var fleet = new FleetDefinition(
            [.. _names.Select(name => new ServerDefinition(name, $"http://{name}.example:8080"))],
            [
                new FarmDefinition(FarmName)
                {
                    Policy = PolicyOf(policy),
                    Members = [.. _names.Select((name, i) => new MemberDefinition(name) { Weight = scenario.WeightsKnown ? (uint)(scenario.Speeds[i] * 4) : 1 })],
                },
            ]);
        if (new FleetValidator(Catalog).Validate(fleet) is { Count: > 0 } faults)
        {
            throw new ArgumentException($"policy '{policy}': {faults[0]}", nameof(policy));
        }
        _holder.Publish(_compiler.Compile(_revision, fleet, _states));
        _gateways = [.. Enumerable.Range(0, scenario.Ahead ? scenario.Proxies : 0).Select(_ => new GatewayAsking(() => Decide(excluded: -1), Close))];
        _seeded = _holder.Current.FindFarm(FarmName)!.Policy.Seeds == SeedSource.Random;
    }

    public double LookUp { get; }

    public Choice Choose(int proxy, int excluded)
    {
        foreach (var gateway in _gateways)
        {
            gateway.Pass(_clock.Now);
        }
        return _gateways.Length > 0 && excluded < 0 ? _gateways[proxy].Take(_clock.Now) : Decide(excluded);
    }

    private Choice Decide(int excluded)
    {
        var decision = _balancer.Decide(new BalanceQuery(FarmName)
        {
            Lease = LeaseTimeout,
            Seed = _seeded ? _dice.Bits() : null,
            Exclude = excluded < 0 ? null : [_names[excluded]],
        });
        return decision.Member is { } member ? new Choice(_places[member.Server.Name], decision.Lease) : new Choice(-1);
    }

    public void Ended(int proxy, Choice choice, OutcomeKind outcome, long latency)
    {
        if (_gateways.Length > 0)
        {
            _gateways[proxy].Ended(choice, outcome, latency, _clock.Now);
        }
        else
        {
            Close(choice, outcome, latency);
        }
    }

    public void Reported(int server, LoadReport report) => _holder.Current.Servers[server].Cells.Statistics.Report(
        [
            new("queue", report.Queue), new("load", report.Load), new("cpu", report.Cpu),
            new("rps_fractional", report.Rate), new("eps", report.Errors), new("application_utilization", report.Cpu),
        ],
        _clock.GetTimestamp());

    public void Found(int server, bool isUp)
    {
        var name = _names[server];
        _states = _states.WithServer(name, isUp ? ServerState.Normal : new ServerState { Check = CheckState.Failed });
        _holder.Publish(_compiler.Recompile(_holder.Current, ++_revision, _states, ImmutableHashSet.Create(name), ImmutableHashSet<string>.Empty));
    }

    public void Tick()
    {
        foreach (var gateway in _gateways)
        {
            gateway.Tick();
        }
        _refresher.Refresh();
        if (++_ticks % 10 == 0)
        {
            _leases.Sweep();
        }
    }

    private void Close(Choice choice, OutcomeKind outcome, long latency) => _leases.Close(choice.Lease, outcome, out _, TimeSpan.FromTicks(latency / 100));

    private static PolicyDefinition PolicyOf(string text)
    {
        var words = text.Split(' ');
        var parameters = words.Skip(1).Select(w => w.Split('=', 2)).Select(p => KeyValuePair.Create(p[0], p[1]));
        return new PolicyDefinition(words[0]) { Parameters = PolicyDefinition.Default.Parameters.AddRange(parameters) };
    }
}
