using Athena.Engine.Farms;
using Athena.Service.State;

namespace Athena.Service.Health;

/// <summary>Takes servers out whose statistics do not come as expected, and brings them in again with the next report.</summary>
/// <remarks>Time is monotonic. The start and a return from `off` begin with one full period of grace.</remarks>
internal sealed partial class FreshnessMonitor(FleetWriter writer, TimeProvider time, ILogger<FreshnessMonitor> logger) : PeriodicLook(Interval, time, logger)
{
    /// <summary>How often servers are looked at: the longest that "out" comes late.</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(100);

    private readonly Dictionary<string, long> _graceFrom = new(EntityName.Comparer);

    /// <summary>Called after a report was taken: a server that is out is in again before the report is answered.</summary>
    public Task ReportedAsync(string server, CancellationToken cancellation) =>
        writer.Current.FindServer(server) is { State.Freshness: FreshnessState.Out }
            ? writer.ChangeAsync(new StateChange { Server = server, Freshness = FreshnessState.In, Reason = "statistics came again" }, null, false, cancellation)
            : Task.CompletedTask;

    /// <summary>Looks at every server once.</summary>
    internal override async Task LookAsync(CancellationToken cancellation)
    {
        var now = Time.GetTimestamp();
        foreach (var server in writer.Current.Servers)
        {
            if (IsOverdue(server, now, out var silence, out var begins))
            {
                var change = new StateChange
                {
                    Server = server.Name,
                    Freshness = FreshnessState.Out,
                    Reason = FormattableString.Invariant($"no statistics for {silence.TotalSeconds:0.#} s; {server.ExpectUpdate.TotalSeconds:0.#} s are allowed"),
                };
                await writer.ChangeAsync(change, null, false, cancellation);
                LogOut(server.Name, change.Reason);
            }
            else if (server.State.Freshness == FreshnessState.Out && server.ExpectUpdate == TimeSpan.Zero)
            {
                // A reload switched freshness off.
                await writer.ChangeAsync(new StateChange { Server = server.Name, Freshness = FreshnessState.In, Reason = "statistics are no longer expected" }, null, false, cancellation);
            }
            else if (server.State.Freshness == FreshnessState.Out && begins)
            {
                await writer.ChangeAsync(new StateChange { Server = server.Name, Freshness = FreshnessState.In, Reason = "it is back from off and has a period of grace" }, null, false, cancellation);
            }
        }
    }

    private bool IsOverdue(Server server, long now, out TimeSpan silence, out bool begins)
    {
        (silence, begins) = (TimeSpan.Zero, false);
        if (server.ExpectUpdate == TimeSpan.Zero || server.State.Admin.State == AdminState.Off)
        {
            // Grace begins anew when freshness is switched on, or the server.
            _graceFrom.Remove(server.Name);
            return false;
        }
        if (!_graceFrom.TryGetValue(server.Name, out var from))
        {
            _graceFrom[server.Name] = from = now;
            begins = true;
        }
        if (server.State.Freshness == FreshnessState.Out)
        {
            return false;
        }
        silence = Time.GetElapsedTime(Math.Max(from, server.Cells.Statistics.LastReport ?? from), now);
        return silence > server.ExpectUpdate;
    }

    [LoggerMessage(2001, LogLevel.Warning, "Server {Server} is out: {Reason}")]
    private partial void LogOut(string server, string reason);
}
