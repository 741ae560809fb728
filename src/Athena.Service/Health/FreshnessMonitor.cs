using Athena.Engine.Farms;
using Athena.Service.State;

namespace Athena.Service.Health;

/// <summary>Takes servers out whose statistics do not come as expected, and brings them in again with the next report.</summary>
/// <remarks>Time is monotonic. The start and a return from `off` begin with one full period of grace: <see cref="Server.ExpectedSince"/>.</remarks>
internal sealed partial class FreshnessMonitor(FleetWriter writer, TimeProvider time, ILogger<FreshnessMonitor> logger) : PeriodicLook(Interval, time, logger)
{
    /// <summary>How often servers are looked at: the longest that "out" comes late.</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(100);

    /// <summary>Called after a report was taken: a server that is out is in again before the report is answered.</summary>
    public Task ReportedAsync(string server, CancellationToken cancellation) =>
        writer.Current.FindServer(server) is { State.Freshness: FreshnessState.Out } back
            ? ChangeAsync(back, FreshnessState.In, "statistics came again", cancellation)
            : Task.CompletedTask;

    /// <summary>Looks at every server once.</summary>
    internal override async Task LookAsync(CancellationToken cancellation)
    {
        var now = Time.GetTimestamp();
        foreach (var server in writer.Current.Servers)
        {
            if (server.ExpectedSince is not { } expected)
            {
                if (server.State.Freshness == FreshnessState.Out && server.ExpectUpdate == TimeSpan.Zero)
                {
                    // A reload switched freshness off.
                    await ChangeAsync(server, FreshnessState.In, "statistics are no longer expected", cancellation);
                }
                continue;
            }
            var silence = Time.GetElapsedTime(Math.Max(expected, server.Cells.Statistics.LastReport ?? expected), now);
            if (server.State.Freshness == FreshnessState.In && silence > server.ExpectUpdate)
            {
                var reason = FormattableString.Invariant($"no statistics for {silence.TotalSeconds:0.#} s; {server.ExpectUpdate.TotalSeconds:0.#} s are allowed");
                await ChangeAsync(server, FreshnessState.Out, reason, cancellation);
                LogOut(server.Name, reason);
            }
            else if (server.State.Freshness == FreshnessState.Out && silence <= server.ExpectUpdate)
            {
                // It was off, however shortly, or more time is allowed than before.
                await ChangeAsync(server, FreshnessState.In, FormattableString.Invariant($"silent for {silence.TotalSeconds:0.#} s; {server.ExpectUpdate.TotalSeconds:0.#} s are allowed"), cancellation);
            }
        }
    }

    private Task<WriteResult> ChangeAsync(Server server, FreshnessState to, string reason, CancellationToken cancellation) =>
        writer.ChangeAsync(new StateChange { Server = server.Name, Freshness = to, Reason = reason }, null, false, cancellation);

    [LoggerMessage(2001, LogLevel.Warning, "Server {Server} is out: {Reason}")]
    private partial void LogOut(string server, string reason);
}
