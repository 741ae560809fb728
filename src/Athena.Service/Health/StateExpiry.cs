using System.Runtime.CompilerServices;
using Athena.Engine.Farms;
using Athena.Service.State;

namespace Athena.Service.Health;

/// <summary>Ends states that were set "until" a time.</summary>
/// <remarks>The time is turned into a span once, when the state is first seen; a wall clock that jumps afterwards changes nothing.</remarks>
internal sealed class StateExpiry(FleetWriter writer, TimeProvider time, ILogger<StateExpiry> logger) : PeriodicLook(Interval, time, logger)
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(100);

    private readonly ConditionalWeakTable<StateNote, StrongBox<long>> _deadlines = [];

    /// <summary>Ends what is over by now.</summary>
    internal override async Task LookAsync(CancellationToken cancellation)
    {
        var states = writer.States;
        foreach (var (server, state) in states.Servers)
        {
            if (IsOver(state.Admin.Note))
            {
                await EndAsync(new StateChange { Server = server, Admin = AdminState.On }, state.Admin.Note!, cancellation);
            }
            if (IsOver(state.HealthNote))
            {
                await EndAsync(new StateChange { Server = server, Health = HealthState.Up }, state.HealthNote!, cancellation);
            }
        }
        foreach (var (key, setting) in states.Members)
        {
            if (IsOver(setting.Note))
            {
                await EndAsync(new StateChange { Farm = key.Farm, Server = key.Server, Admin = AdminState.On }, setting.Note!, cancellation);
            }
        }
        foreach (var (farm, setting) in states.Farms)
        {
            if (IsOver(setting.Note))
            {
                await EndAsync(new StateChange { Farm = farm, Admin = AdminState.On }, setting.Note!, cancellation);
            }
        }
        if (IsOver(states.Engine.Note))
        {
            await EndAsync(new StateChange { Admin = AdminState.On }, states.Engine.Note!, cancellation);
        }
    }

    private bool IsOver(StateNote? note)
    {
        if (note?.Until is not { } until)
        {
            return false;
        }
        var deadline = _deadlines.GetValue(note, _ =>
            new StrongBox<long>(Time.GetTimestamp() + (long)((until - Time.GetUtcNow()).TotalSeconds * Time.TimestampFrequency)));
        return Time.GetTimestamp() >= deadline.Value;
    }

    private async Task EndAsync(StateChange change, StateNote note, CancellationToken cancellation)
    {
        try
        {
            await writer.ChangeAsync(change with { IsAutomatic = true, Reason = FormattableString.Invariant($"ended as set by {note.Actor} until {note.Until:u}") }, null, false, cancellation);
        }
        catch (StoreUnavailableException)
        {
            // It lasts until the store takes the end of it; the store said so in the log.
        }
    }
}
