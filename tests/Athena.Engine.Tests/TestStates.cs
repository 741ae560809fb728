using Athena.Engine.Farms;

namespace Athena.Engine.Tests;

/// <summary>States in few words, for one farm "web".</summary>
internal static class TestStates
{
    public static AdminSetting Off { get; } = new(AdminState.Off);

    public static AdminSetting Drain { get; } = new(AdminState.Drain);

    public static FleetStates With(string servers, ServerState state) =>
        servers.Split(' ').Aggregate(FleetStates.Normal, (states, server) => states.WithServer(server, state));

    public static FleetStates ServerOff(string servers) => With(servers, new ServerState { Admin = Off });

    public static FleetStates ServerDrain(string servers) => With(servers, new ServerState { Admin = Drain });

    public static FleetStates ServerDown(string servers) => With(servers, new ServerState { Health = HealthState.Down });

    public static FleetStates ServerOut(string servers) => With(servers, new ServerState { Freshness = FreshnessState.Out });

    public static FleetStates Member(this FleetStates states, string server, AdminSetting setting) =>
        states.WithMember(new MemberKey("web", server), setting);

    public static FleetStates And(this FleetStates states, FleetStates others) =>
        others.Servers.Aggregate(states, (all, s) => all.WithServer(s.Key, s.Value));
}
