using System.Collections.Immutable;
using Athena.Engine.Farms;
using Athena.V1;
using Google.Protobuf.WellKnownTypes;
using AdminState = Athena.Engine.Farms.AdminState;
using CauseKind = Athena.V1.CauseKind;
using FreshnessState = Athena.Engine.Farms.FreshnessState;
using HealthState = Athena.Engine.Farms.HealthState;

namespace Athena.Client.Local;

/// <summary>The fleet as the service last told it. Used by one thread at a time.</summary>
internal sealed class FleetCopy
{
    /// <summary>The policy of local picks: two choices by one's own decisions in flight, for statistics do not come here.</summary>
    private static readonly PolicyDefinition TwoChoices = new("least_requests");

    private readonly Dictionary<string, V1.Farm> _farms = new(EntityName.Comparer);
    private readonly Dictionary<string, V1.Server> _servers = new(EntityName.Comparer);
    private V1.AdminState _engine;

    /// <summary>The revision it stands at; 0: nothing was told yet.</summary>
    public long Revision { get; private set; }

    /// <summary>Takes in a step of the service's stream.</summary>
    public void Take(WatchFleetResponse step)
    {
        if (step.Snapshot)
        {
            _farms.Clear();
            _servers.Clear();
        }
        (Revision, _engine) = (step.Revision, step.Engine);
        foreach (var name in step.RemovedFarms)
        {
            _farms.Remove(name);
        }
        foreach (var name in step.RemovedServers)
        {
            _servers.Remove(name);
        }
        foreach (var farm in step.Farms)
        {
            _farms[farm.Name] = farm;
        }
        foreach (var server in step.Servers)
        {
            _servers[server.Name] = server;
        }
    }

    /// <summary>All of it as one step.</summary>
    public WatchFleetResponse ToSnapshot() => new() { Revision = Revision, Snapshot = true, Engine = _engine, Farms = { _farms.Values }, Servers = { _servers.Values } };

    /// <summary>As the engine takes it.</summary>
    public (FleetDefinition Fleet, FleetStates States) Read()
    {
        var states = FleetStates.Normal with { Engine = SettingOf(_engine) };
        foreach (var server in _servers.Values)
        {
            states = states.WithServer(server.Name, StateOf(server.Status ?? new()));
        }
        foreach (var farm in _farms.Values)
        {
            states = states.WithFarm(farm.Name, SettingOf(farm.Admin));
            foreach (var member in farm.Members)
            {
                var key = new MemberKey(farm.Name, member.Server);
                states = states.WithMember(key, SettingOf(member.Admin));
                states = member.Causes.FirstOrDefault(c => c.Kind == CauseKind.Ejected) is { } ejected ? states.WithEjection(key, NoteOf(ejected)) : states;
            }
        }
        return (new FleetDefinition([.. _servers.Values.Select(ServerOf)], [.. _farms.Values.Select(FarmOf)]), states);
    }

    private static ServerDefinition ServerOf(V1.Server server) => new(server.Name, server.Address)
    {
        Labels = server.Labels.ToImmutableSortedDictionary(),
        MaxInFlight = (int)server.MaxInFlight,
        Forward = server.Forward.Length > 0 ? server.Forward : null,
    };

    private static FarmDefinition FarmOf(V1.Farm farm) => new(farm.Name)
    {
        Policy = farm.Policy?.Name == "consistent_hash" ? HashOf(farm.Policy) : TwoChoices,
        Members = [.. farm.Members.Select(m => new MemberDefinition(m.Server) { Weight = m.HasWeight ? m.Weight : 1, Tier = (int)m.Tier })],
        ForwardOff = TargetOf(farm.Forwards?.Off),
        ForwardDown = TargetOf(farm.Forwards?.Down),
        PanicThreshold = farm.PanicThreshold,
        MaxInFlight = (int)farm.MaxInFlight,
        SteerTo = [.. farm.SteerTo],
    };

    /// <summary>Equal keys go to equal members here as there.</summary>
    private static PolicyDefinition HashOf(Policy policy) => TwoChoices with
    {
        Name = policy.Name,
        Parameters = policy.Parameters?.Fields.Where(f => f.Value.KindCase == Value.KindOneofCase.StringValue)
            .ToImmutableSortedDictionary(f => f.Key, f => f.Value.StringValue, StringComparer.OrdinalIgnoreCase) ?? TwoChoices.Parameters,
    };

    private static ServerState StateOf(ServerStatus status) => ServerState.Normal with
    {
        Admin = SettingOf(status.Admin),
        Health = status.Health == V1.HealthState.Down ? HealthState.Down : HealthState.Up,
        Freshness = status.Freshness == V1.FreshnessState.Out ? FreshnessState.Out : FreshnessState.In,
        Check = status.Causes.Any(c => c.Kind == CauseKind.CheckFailed) ? CheckState.Failed : CheckState.Good,
    };

    private static AdminSetting SettingOf(V1.AdminState state) => state switch
    {
        V1.AdminState.Off => new AdminSetting(AdminState.Off),
        V1.AdminState.Drain => new AdminSetting(AdminState.Drain),
        _ => AdminSetting.On,
    };

    private static StateNote NoteOf(V1.Cause cause) => new(cause.Actor, cause.Reason, cause.SinceTime?.ToDateTimeOffset() ?? default, cause.UntilTime?.ToDateTimeOffset());

    private static ForwardTarget? TargetOf(string? text) => string.IsNullOrEmpty(text) ? null : new ForwardTarget(text);
}
