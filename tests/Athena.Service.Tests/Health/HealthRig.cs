using System.Diagnostics.Metrics;
using Athena.Engine;
using Athena.Engine.Farms;
using Athena.Engine.Leases;
using Athena.Engine.Policies;
using Athena.Engine.Statistics;
using Athena.Service.Health;
using Athena.Service.State;
using Athena.Service.State.Memory;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging.Abstractions;

namespace Athena.Service.Tests.Health;

/// <summary>Engine and State on a configuration, with time of the test's making and nothing that runs by itself.</summary>
internal sealed class HealthRig : IDisposable
{
    private readonly MeterFactory _meters = new();
    private readonly MeterListener _listener = new();
    private readonly List<(string Name, string Tags)> _counted = [];

    private HealthRig()
    {
        Leases = new LeaseTable(Time);
        Balancer = new Balancer(Holder, Leases);
        Writer = new FleetWriter(new MemoryStateStore(Time), new SnapshotCompiler(Catalog, new StatisticNames(), Time), new FleetValidator(Catalog), Holder, Log, Operators, Time, NullLogger<FleetWriter>.Instance);
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (ReferenceEquals(instrument.Meter.Scope, _meters))
            {
                listener.EnableMeasurementEvents(instrument);
            }
        };
        _listener.SetMeasurementEventCallback<long>((instrument, _, tags, _) =>
            _counted.Add((instrument.Name, string.Join(' ', tags.ToArray().Select(t => $"{t.Key}={t.Value}")))));
        _listener.Start();
        Metrics = new HealthMetrics(_meters, Holder);
    }

    public static PolicyCatalog Catalog { get; } = new(PolicyCatalog.BuiltIn);

    public JumpingClock Time { get; } = new();

    public SnapshotHolder Holder { get; } = new();

    public ChangeLog Log { get; } = new();

    public OperatorLog Operators { get; } = new();

    public LeaseTable Leases { get; }

    public Balancer Balancer { get; }

    public FleetWriter Writer { get; }

    public HealthMetrics Metrics { get; }

    public Snapshot Snapshot => Holder.Current;

    /// <summary>A rig with these settings below `Athena:`, as in "Farms:web:Members:a:Weight=2"; servers named by members have made-up addresses.</summary>
    public static async Task<HealthRig> StartAsync(params string[] settings)
    {
        var rig = new HealthRig();
        await rig.Writer.StartAsync(Read(settings), default);
        return rig;
    }

    /// <summary>Members of the farm `web`, as settings.</summary>
    public static string[] Members(string names) => [.. names.Split(' ').Select(n => $"Farms:web:Members:{n}:Weight=1")];

    public static FleetDefinition Read(params string[] settings)
    {
        var (fleet, faults) = ReadAll(settings);
        Assert.Empty(faults);
        return fleet;
    }

    public static (FleetDefinition Fleet, IReadOnlyList<FleetFault> Faults) ReadAll(params string[] settings)
    {
        var keys = settings.Select(s => s.Split('=', 2)).ToDictionary(s => $"Athena:{s[0]}", s => (string?)s[1]);
        foreach (var name in keys.Keys.Select(k => k.Split(':')).Where(k => k is ["Athena", "Farms", _, "Members", _, ..]).Select(k => k[4]).Distinct().ToArray())
        {
            keys.TryAdd($"Athena:Servers:{name}:Address", $"http://{name}.example:8080");
        }
        return FleetConfiguration.Read(new ConfigurationBuilder().AddInMemoryCollection(keys).Build(), new FleetValidator(Catalog));
    }

    public Task ConfigureAsync(params string[] settings) => Writer.ApplyAsync(Read(settings), default);

    public Task<WriteResult> ChangeAsync(StateChange change) => Writer.ChangeAsync(change, null, false, default);

    public Server Server(string name) => Snapshot.FindServer(name)!;

    public Member Member(string name, string farm = "web") => Snapshot.FindFarm(farm)!.FindMember(name)!;

    /// <summary>What keeps a member from being picked, as in "CheckFailed Ejected".</summary>
    public string Causes(string name) => string.Join(' ', Member(name).Causes().Select(c => c.Kind));

    /// <summary>Reports so many outcomes for a server.</summary>
    public void Report(string server, OutcomeKind kind, int count = 1, string farm = "web")
    {
        for (var i = 0; i < count; i++)
        {
            var lease = Leases.OpenFor(Server(server).Cells, Snapshot.FindFarm(farm)!.Cells, isLimited: false, TimeSpan.FromMinutes(1), Member(server, farm).Outcomes);
            Server(server).Cells.Enter();
            Snapshot.FindFarm(farm)!.Cells.Enter(isLimited: false);
            Assert.Equal(OutcomeResult.Recorded, Leases.Close(lease, kind, out _));
        }
    }

    /// <summary>What a counter has counted, each with its tags, as in "farm=web finding=success_rate".</summary>
    public IReadOnlyList<string> Counted(string name) => [.. _counted.Where(c => c.Name == name).Select(c => c.Tags)];

    public void Dispose()
    {
        Writer.Dispose();
        _listener.Dispose();
        _meters.Dispose();
    }

    private sealed class MeterFactory : IMeterFactory
    {
        private readonly Dictionary<string, Meter> _all = [];

        public Meter Create(MeterOptions options)
        {
            options.Scope = this;
            return _all.TryGetValue(options.Name, out var meter) ? meter : _all[options.Name] = new Meter(options);
        }

        public void Dispose()
        {
            foreach (var meter in _all.Values)
            {
                meter.Dispose();
            }
        }
    }
}
