using System.Runtime.CompilerServices;
using Athena.Engine.Farms;
using Athena.Service.State;

namespace Athena.Service.Health;

/// <summary>Ends states that were set "until" a time.</summary>
/// <remarks>The time is turned into a span once, when the state is first seen; a wall clock that jumps afterwards changes nothing.</remarks>
internal sealed partial class StateExpiry(FleetWriter writer, TimeProvider time, ILogger<StateExpiry> logger) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(100);

    private readonly ConditionalWeakTable<StateNote, StrongBox<long>> _deadlines = [];

    /// <summary>Ends what is over by now.</summary>
    internal async Task LookAsync(CancellationToken cancellation)
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

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, time);
        do
        {
            try
            {
                await LookAsync(stoppingToken);
            }
            catch (Exception e) when (e is not OperationCanceledException)
            {
                LogLookFailed(e);
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    private bool IsOver(StateNote? note)
    {
        if (note?.Until is not { } until)
        {
            return false;
        }
        var deadline = _deadlines.GetValue(note, _ =>
            new StrongBox<long>(time.GetTimestamp() + (long)((until - time.GetUtcNow()).TotalSeconds * time.TimestampFrequency)));
        return time.GetTimestamp() >= deadline.Value;
    }

    private Task<WriteResult> EndAsync(StateChange change, StateNote note, CancellationToken cancellation) =>
        writer.ChangeAsync(change with { IsAutomatic = true, Reason = FormattableString.Invariant($"ended as set by {note.Actor} until {note.Until:u}") }, null, false, cancellation);

    [LoggerMessage(2101, LogLevel.Error, "A look for states that are over failed")]
    private partial void LogLookFailed(Exception e);
}
