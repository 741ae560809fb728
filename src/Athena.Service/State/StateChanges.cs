using Athena.Engine.Farms;

namespace Athena.Service.State;

/// <summary>What states become by a change.</summary>
internal static class StateChanges
{
    /// <summary>The states after a change. One that says what is so already, in the same words, leaves them as they are.</summary>
    public static FleetStates With(this FleetStates states, StateChange change, DateTimeOffset now)
    {
        var note = new StateNote(change.Actor, change.Reason, change.MadeAt ?? now, change.Until);
        if (change.Forward is { } forward)
        {
            states = Forward(states, change, forward, note);
        }
        switch (change)
        {
            case { Farm: null, Server: { } server }:
                return states.WithServer(server, Server(states.OfServer(server), change, note));
            case { Farm: { } farm, Server: { } server }:
                var key = new MemberKey(farm, server);
                return change.Ejected is { } ejected
                    ? states.WithEjection(key, !ejected ? null : states.EjectionOf(key) ?? note)
                    : states.WithMember(key, Admin(states.OfMember(key), change, note));
            case { Farm: { } farm }:
                return states.WithFarm(farm, Admin(states.OfFarm(farm), change, note));
            default:
                return states with { Engine = Admin(states.Engine, change, note) };
        }
    }

    private static AdminSetting Admin(AdminSetting now, StateChange change, StateNote note) =>
        change.Admin is not { } state ? now
        : state == AdminState.On ? AdminSetting.On
        : now.State == state && SameWords(now.Note, change) ? now
        : new AdminSetting(state, note);

    private static ServerState Server(ServerState before, StateChange change, StateNote note)
    {
        var health = change.Health ?? before.Health;
        var freshness = change.Freshness ?? before.Freshness;
        var check = change.Check ?? before.Check;
        return before with
        {
            Admin = Admin(before.Admin, change, note),
            Health = health,
            HealthNote = health == HealthState.Up ? null
                : change.Health is null || (before.Health == health && SameWords(before.HealthNote, change)) ? before.HealthNote : note,
            Check = check,
            CheckNote = check == CheckState.Good ? null : change.Check is null || before.Check == check ? before.CheckNote : note,
            Freshness = freshness,
            FreshnessNote = freshness == FreshnessState.In ? null : change.Freshness is null || before.Freshness == freshness ? before.FreshnessNote : note,
        };
    }

    private static FleetStates Forward(FleetStates states, StateChange change, ForwardChange forward, StateNote note)
    {
        if (change.Farm is { } farm)
        {
            var now = states.FarmForwards.GetValueOrDefault(farm);
            var next = forward.AsConfigured ? null : new FarmForwards(forward.Off, forward.Down, note);
            return (now?.Off, now?.Down) == (next?.Off, next?.Down) && SameWords(now?.Note, change) ? states : states.WithForwards(farm, next);
        }
        var server = states.ServerForwards.GetValueOrDefault(change.Server!);
        return server is not null && !forward.AsConfigured && server.Target == forward.Server && SameWords(server.Note, change)
            ? states
            : states.WithForward(change.Server!, forward.AsConfigured ? null : new ServerForward(forward.Server, note));
    }

    /// <summary>Whether a note says the same already.</summary>
    private static bool SameWords(StateNote? note, StateChange change) =>
        note is not null && note.Actor == change.Actor && note.Reason == change.Reason && note.Until == change.Until;
}
