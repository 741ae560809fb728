using Athena.Engine.Farms;

namespace Athena.Engine.Simulating;

/// <summary>The part of a fleet that one farm's decisions can come to: the farm, those it forwards to, their servers and who stands in for them.</summary>
/// <param name="Fleet">Definitions, with the forwards in force.</param>
/// <param name="States">States of these.</param>
public sealed record FleetPart(FleetDefinition Fleet, FleetStates States)
{
    /// <summary>The part that belongs to a farm of a snapshot.</summary>
    public static FleetPart Of(Snapshot snapshot, Farm farm)
    {
        var farms = new Dictionary<string, Farm>(EntityName.Comparer) { [farm.Name] = farm };
        var servers = new Dictionary<string, Server>(EntityName.Comparer);
        var due = new Queue<Farm>([farm]);
        while (due.TryDequeue(out var next))
        {
            foreach (var member in next.Members)
            {
                for (var server = member.Declared; server is not null && servers.TryAdd(server.Name, server);)
                {
                    server = server.Definition.Forward is { } forward ? snapshot.FindServer(forward) : null;
                }
            }
            foreach (var target in new[] { next.Definition.ForwardOff, next.Definition.ForwardDown })
            {
                if (target is { IsUrl: false } && snapshot.FindFarm(target.Text) is { } further && farms.TryAdd(further.Name, further))
                {
                    due.Enqueue(further);
                }
            }
        }
        var states = FleetStates.Normal with { Engine = snapshot.Engine };
        foreach (var server in servers.Values)
        {
            states = states.WithServer(server.Name, server.State);
        }
        foreach (var member in farms.Values.SelectMany(f => f.Members))
        {
            var key = new MemberKey(member.Farm, member.Declared.Name);
            states = states.WithMember(key, member.Admin).WithEjection(key, member.Ejection);
        }
        states = farms.Values.Aggregate(states, (s, f) => s.WithFarm(f.Name, f.Admin));
        // A farm may steer to others that are no part of it.
        return new FleetPart(new([.. servers.Values.Select(s => s.Definition)], [.. farms.Values.Select(f => f.Definition with { SteerTo = [] })]), states);
    }

    /// <summary>With another state for a server, in all farms; what is null stays.</summary>
    public FleetPart With(string server, AdminState? admin, HealthState? health)
    {
        var states = States;
        var state = states.OfServer(server);
        if (admin is { } set)
        {
            state = state with { Admin = set == AdminState.On ? AdminSetting.On : new AdminSetting(set) };
        }
        if (health == HealthState.Down)
        {
            state = state with { Health = HealthState.Down };
        }
        else if (health == HealthState.Up)
        {
            state = ServerState.Normal with { Admin = state.Admin };
        }
        states = states.WithServer(server, state);
        foreach (var farm in Fleet.Farms)
        {
            var key = new MemberKey(farm.Name, server);
            states = admin == AdminState.On ? states.WithMember(key, AdminSetting.On) : states;
            states = health == HealthState.Up ? states.WithEjection(key, null) : states;
        }
        return this with { States = states };
    }

    /// <summary>With another definition of one farm.</summary>
    public FleetPart With(FarmDefinition farm) =>
        this with { Fleet = Fleet with { Farms = [.. Fleet.Farms.Select(f => EntityName.Comparer.Equals(f.Name, farm.Name) ? farm : f)] } };
}
