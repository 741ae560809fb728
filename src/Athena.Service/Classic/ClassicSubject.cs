using Athena.Engine.Farms;

namespace Athena.Service.Classic;

/// <summary>What a line of a status is about: the fields of a server, a farm or the engine. Null: it has none.</summary>
internal abstract class ClassicSubject
{
    public abstract string Name { get; }

    public abstract AdminState State { get; }

    public abstract bool IsUp { get; }

    public abstract bool IsIn { get; }

    public abstract bool IsAvailable { get; }

    public virtual TimeSpan? Age => null;

    public virtual string? Weight => null;

    public virtual long? Chosen => null;

    public virtual long? InFlight => null;

    public virtual string? Forward => null;

    public virtual string? ForwardOff => null;

    public virtual string? ForwardDown => null;

    public virtual string? Farm => null;

    public virtual string? Address => null;

    public virtual IEnumerable<CauseKind> Causes => [];

    public abstract double? Statistic(string name);

    protected static TimeSpan? AgeOf(Server server, TimeProvider time) =>
        server.Cells.Statistics.LastReport is { } last ? time.GetElapsedTime(last) : null;

    protected static double? StatisticOf(Server server, string name) =>
        server.Cells.Statistics.TryGet(name, out var cell) && cell.IsReported ? cell.Value : null;

    protected static bool IsUpByChecks(Server server) => server.State is { Health: HealthState.Up, Check: CheckState.Good };
}

/// <summary>A server: in all farms, or as a member of one.</summary>
internal sealed class ServerSubject(Snapshot snapshot, Server server, Member? member, TimeProvider time) : ClassicSubject
{
    public override string Name => server.Name;

    public override AdminState State => member?.EffectiveAdmin ?? server.State.Admin.State;

    public override bool IsUp => IsUpByChecks(server);

    public override bool IsIn => server.State.Freshness == FreshnessState.In;

    public override bool IsAvailable => member?.IsAvailable ?? server.IsAvailable;

    public override TimeSpan? Age => AgeOf(server, time);

    /// <summary>In each of its farms, in the order of <see cref="Farm"/>.</summary>
    public override string? Weight => Joined(m => ClassicField.Text(m.Weight));

    public override long? Chosen => server.Cells.Chosen;

    public override long? InFlight => server.Cells.InFlight;

    public override string? Forward => server.Definition.Forward;

    public override string? Farm => Joined(m => m.Farm);

    public override string? Address => server.Address;

    public override IEnumerable<CauseKind> Causes => (member?.Causes() ?? server.Causes()).Select(c => c.Kind);

    public override double? Statistic(string name) => StatisticOf(server, name);

    private string? Joined(Func<Member, string> part) => member is not null ? part(member)
        : string.Join('/', snapshot.Farms.Select(f => f.FindMember(server.Name)).OfType<Member>().Select(part)) is { Length: > 0 } parts ? parts : null;
}

/// <summary>A farm. Its percentages and load are the mean of its members', its connections and decisions in flight their sum.</summary>
internal sealed class FarmSubject(Farm farm, TimeProvider time) : ClassicSubject
{
    public override string Name => farm.Name;

    public override AdminState State => farm.Admin.State;

    public override bool IsUp => farm.AvailableCount > 0 || farm.IsPanicking;

    public override bool IsIn => farm.Members.Any(m => m.Declared.State.Freshness == FreshnessState.In);

    public override bool IsAvailable => farm.IsServing;

    public override TimeSpan? Age => farm.Members.Select(m => AgeOf(m.Declared, time)).Min();

    public override string? Weight => ClassicField.Text(farm.Members.Sum(m => (long)m.Weight));

    public override long? InFlight => farm.Cells.InFlight;

    public override string? Forward => ForwardDown ?? ForwardOff;

    public override string? ForwardOff => farm.Definition.ForwardOff?.Text;

    public override string? ForwardDown => farm.Definition.ForwardDown?.Text;

    public override string? Farm => farm.Name;

    public override IEnumerable<CauseKind> Causes => farm.IsOff ? [CauseKind.Off] : [];

    public override double? Statistic(string name)
    {
        var values = farm.Members.Select(m => StatisticOf(m.Declared, name)).OfType<double>().ToArray();
        return values.Length == 0 ? null : name == "conns" ? values.Sum() : values.Average();
    }
}

/// <summary>The engine as a whole.</summary>
internal sealed class EngineSubject(Snapshot snapshot) : ClassicSubject
{
    public override string Name => "athena";

    public override AdminState State => snapshot.Engine.State;

    public override bool IsUp => snapshot.Farms.Any(f => f.IsServing);

    public override bool IsIn => snapshot.Servers.Any(s => s.State.Freshness == FreshnessState.In);

    public override bool IsAvailable => State == AdminState.On && IsUp;

    public override long? Chosen => snapshot.Servers.Sum(s => s.Cells.Chosen);

    public override long? InFlight => snapshot.Servers.Sum(s => s.Cells.InFlight);

    public override IEnumerable<CauseKind> Causes => State == AdminState.Off ? [CauseKind.Off] : [];

    public override double? Statistic(string name) => null;
}
