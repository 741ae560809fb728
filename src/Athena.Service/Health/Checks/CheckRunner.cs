using System.Collections.Concurrent;
using Athena.Engine.Farms;
using Athena.Service.State;
using Microsoft.Extensions.Options;

namespace Athena.Service.Health.Checks;

/// <summary>Asks every server that has a check, each at its own interval, and tells State what it finds.</summary>
/// <remarks>
/// The first checks are spread over one interval and later ones jittered, so that no two servers keep step. At most
/// <see cref="CheckOptions.Concurrency"/> are under way at once, one for each server. Time is monotonic.
/// </remarks>
internal sealed partial class CheckRunner(FleetWriter writer, IEnumerable<ICheckProbe> probes, HealthMetrics metrics, TimeProvider time,
    IOptions<CheckOptions> options, ILogger<CheckRunner> logger) : PeriodicLook(Tick, time, logger)
{
    /// <summary>How often it looks what is due: the longest that a check begins late while there is room.</summary>
    public static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(20);

    private readonly Dictionary<CheckKind, ICheckProbe> _probes = probes.ToDictionary(p => p.Kind);
    private readonly Dictionary<string, CheckRun> _runs = new(EntityName.Comparer);
    private readonly PriorityQueue<CheckRun, long> _due = new();
    private readonly ConcurrentQueue<(CheckRun Run, long Next)> _done = new();
    private IReadOnlyList<Server> _seen = [];
    private int _underWay;

    /// <summary>Begins what is due by now.</summary>
    internal override async Task LookAsync(CancellationToken cancellation)
    {
        await FollowAsync(writer.Current, cancellation);
        while (_done.TryDequeue(out var done))
        {
            _due.Enqueue(done.Run, done.Next);
        }
        var now = Time.GetTimestamp();
        while (Volatile.Read(ref _underWay) < options.Value.Concurrency && _due.TryPeek(out var run, out var at) && at <= now)
        {
            _due.Dequeue();
            if (!run.IsOver)
            {
                Interlocked.Increment(ref _underWay);
                _ = CheckAsync(run, cancellation);
            }
        }
    }

    /// <summary>Begins, changes and ends checks as the snapshot says.</summary>
    private async Task FollowAsync(Snapshot snapshot, CancellationToken cancellation)
    {
        if (ReferenceEquals(snapshot.Servers, _seen))
        {
            return;
        }
        foreach (var gone in _runs.Values.Where(r => !r.Suits(snapshot.FindServer(r.Server))).ToArray())
        {
            gone.IsOver = true;
            _runs.Remove(gone.Server);
        }
        var begun = snapshot.Servers.Where(s => s.Check is not null && !_runs.ContainsKey(s.Name)).ToArray();
        var now = Time.GetTimestamp();
        for (var i = 0; i < begun.Length; i++)
        {
            var run = new CheckRun(begun[i].Name, begun[i].Address, begun[i].Check!);
            _runs.Add(run.Server, run);
            // Each has its own part of the interval.
            _due.Enqueue(run, now + Ticks(run.Check.Interval * ((i + Random.Shared.NextDouble()) / begun.Length)));
        }
        foreach (var server in snapshot.Servers.Where(s => s.Check is null && s.State.Check == CheckState.Failed))
        {
            await writer.ChangeAsync(new StateChange { Server = server.Name, Check = CheckState.Good, Reason = "is no longer checked" }, null, false, cancellation);
        }
        _seen = snapshot.Servers;
    }

    private async Task CheckAsync(CheckRun run, CancellationToken cancellation)
    {
        var begin = Time.GetTimestamp();
        try
        {
            var fault = await AskAsync(run, cancellation);
            metrics.Checked(run.Server, run.Check.Kind, fault is null, Time.GetElapsedTime(begin));
            if (!run.IsOver)
            {
                await TellAsync(run, fault, cancellation);
            }
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            // The service stops.
        }
        catch (Exception e)
        {
            LogCheckFailed(e, run.Server);
        }
        finally
        {
            Interlocked.Decrement(ref _underWay);
            _done.Enqueue((run, begin + Ticks(run.NextInterval(Random.Shared))));
        }
    }

    /// <summary>What is wrong with the server; null: nothing.</summary>
    private async Task<string?> AskAsync(CheckRun run, CancellationToken cancellation)
    {
        using var ending = new CancellationTokenSource(run.Check.Timeout, Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(ending.Token, cancellation);
        try
        {
            var fault = await _probes[run.Check.Kind].AskAsync(run.Address, run.Check, either.Token);
            return ending.IsCancellationRequested && fault is not null ? NoAnswer(run.Check) : fault;
        }
        catch (Exception) when (ending.IsCancellationRequested)
        {
            return NoAnswer(run.Check);
        }
        catch (Exception e) when (!cancellation.IsCancellationRequested)
        {
            return e.Message;
        }
    }

    private async Task TellAsync(CheckRun run, string? fault, CancellationToken cancellation)
    {
        if (writer.Current.FindServer(run.Server) is not { } server)
        {
            return;
        }
        var before = server.State.Check;
        var after = run.Take(fault is null, before);
        if (after == before)
        {
            return;
        }
        var reason = after == CheckState.Good
            ? FormattableString.Invariant($"{run.Check.Rise} good checks in a row")
            : FormattableString.Invariant($"{run.Check.Fall} bad checks in a row; the last: {(fault!.Length > 200 ? fault[..200] : fault)}");
        await writer.ChangeAsync(new StateChange { Server = run.Server, Check = after, Reason = reason }, null, false, cancellation);
        if (after == CheckState.Good)
        {
            LogUp(run.Server, reason);
        }
        else
        {
            LogDown(run.Server, reason);
        }
    }

    private static string NoAnswer(CheckDefinition check) => FormattableString.Invariant($"no answer within {check.Timeout.TotalSeconds:0.###} s");

    private long Ticks(TimeSpan span) => (long)(span.TotalSeconds * Time.TimestampFrequency);

    [LoggerMessage(2201, LogLevel.Warning, "Server {Server} is down by its check: {Reason}")]
    private partial void LogDown(string server, string reason);

    [LoggerMessage(2202, LogLevel.Information, "Server {Server} is up again by its check: {Reason}")]
    private partial void LogUp(string server, string reason);

    [LoggerMessage(2203, LogLevel.Error, "The check of server {Server} could not be made or told")]
    private partial void LogCheckFailed(Exception e, string server);
}
