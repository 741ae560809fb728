using System.Collections.Concurrent;
using Athena.Client.Local;
using Athena.Client.Steering;
using Athena.V1;
using Google.Protobuf.WellKnownTypes;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace Athena.Client;

/// <summary>Where a decision was made.</summary>
public enum DecisionSource
{
    /// <summary>By the service, for this question.</summary>
    Service,

    /// <summary>By the service, a few milliseconds ahead.</summary>
    Ahead,

    /// <summary>In this process, by the fleet as last told, because the service did not answer.</summary>
    Local,
}

/// <summary>A decision, and where it was made.</summary>
/// <param name="Response">The decision.</param>
/// <param name="Source">Where.</param>
public readonly record struct SteadyDecision(BalanceResponse Response, DecisionSource Source)
{
    /// <summary>Whether it was made in this process.</summary>
    public bool IsLocal => Source == DecisionSource.Local;

    /// <summary>What became of the steering token in a local decision: `ok`, or why it was ignored, in the service's words. Null: there was none, no key to judge it by, or the service decided.</summary>
    public string? Steering { get; init; }
}

/// <summary>Decisions that go on without the service: asks it over the shared stream, and decides here when it does not answer in time.</summary>
/// <remarks>
/// Once an answer did not come, everybody is decided for here at once; ten times a second a question goes to the service as well, and the first answer brings
/// all questions back to it. Safe from any thread; make one and keep it.
/// </remarks>
public sealed partial class SteadyBalancer : IAsyncDisposable
{
    private static readonly TimeSpan BetweenProbes = TimeSpan.FromMilliseconds(100);

    private readonly SharedStreamClient _stream;
    private readonly TimeProvider _time;
    private readonly ILogger<SteadyBalancer> _logger;
    private readonly LocalBalancer _local;
    private readonly FleetFollower _follower;
    private readonly ConcurrentDictionary<string, DecisionReserve> _reserves = new(StringComparer.OrdinalIgnoreCase);
    private readonly bool _usesAhead;
    private int _isAway;
    private int _isProbing;
    private long _probedAt;

    /// <summary>Over this stream, whose client's time-out is how long an answer may take.</summary>
    public SteadyBalancer(AthenaClient client, SharedStreamClient stream, IOptions<SteadyOptions>? options = null, TimeProvider? time = null, ILogger<SteadyBalancer>? logger = null)
    {
        _stream = stream;
        _time = time ?? TimeProvider.System;
        _logger = logger ?? NullLogger<SteadyBalancer>.Instance;
        _local = new LocalBalancer(_time);
        _usesAhead = options?.Value.Ahead ?? true;
        _follower = new FleetFollower(client, _local, options?.Value.SnapshotFile, _time, _logger);
        _follower.Changed += DropAhead;
    }

    /// <summary>Whether decisions are made here at present.</summary>
    public bool IsLocal => Volatile.Read(ref _isAway) == 1;

    /// <summary>Whether decisions can be made here: a fleet was told, or read from the file.</summary>
    public bool IsReady => _local.IsReady;

    /// <summary>Revision of the fleet as last told; 0: none.</summary>
    public long FleetRevision => _local.Revision;

    /// <summary>Time since the service last told of the fleet, or since the start: how old what local decisions go by may be.</summary>
    public TimeSpan FleetAge => _follower.Age;

    /// <summary>Ends when a fleet was told or the service was not reached.</summary>
    public Task FirstFleetAsync => _follower.FirstAsync;

    /// <summary>Asks for any server of a farm, with a lease. Costs next to nothing when the service made a decision ahead.</summary>
    /// <exception cref="AthenaException">Nobody can serve, there is no such farm, or the service was not reached and no fleet was ever told.</exception>
    public ValueTask<SteadyDecision> BalanceAsync(string farm, CancellationToken cancellation = default) =>
        TryTake(farm, out var ready) ? new(ready) : AskAsync(new BalanceRequest { Farm = farm, Lease = true }, isPlain: true, cancellation);

    /// <summary>Asks for a server.</summary>
    /// <exception cref="AthenaException">Nobody can serve, there is no such farm, or the service was not reached and no fleet was ever told.</exception>
    public ValueTask<SteadyDecision> BalanceAsync(BalanceRequest request, CancellationToken cancellation = default)
    {
        var isPlain = IsPlain(request);
        return isPlain && TryTake(request.Farm, out var ready) ? new(ready) : AskAsync(request, isPlain, cancellation);
    }

    /// <summary>Judges steering tokens by these keys in local decisions from now on. None at first: tokens are then ignored while the service is away.</summary>
    /// <exception cref="InvalidDataException">A secret is not acceptable.</exception>
    /// <exception cref="ArgumentException">An id of a key is none.</exception>
    public void SteerBy(SteeringRules rules)
    {
        ArgumentNullException.ThrowIfNull(rules);
        _local.Use(rules.ToSettings());
    }

    /// <summary>Ends the lease of a decision and says what became of it; never waits.</summary>
    /// <param name="decision">The decision.</param>
    /// <param name="kind">What became of it.</param>
    /// <param name="latency">Time it took.</param>
    /// <param name="load">Load that the server reported with its answer; null: none.</param>
    public void Report(in SteadyDecision decision, OutcomeKind kind, TimeSpan latency, LoadReport? load = null)
    {
        if (decision.IsLocal)
        {
            _local.Close(decision.Response.DecisionId);
        }
        else if (decision.Response.Lease is not null)
        {
            var outcome = new Outcome { DecisionId = decision.Response.DecisionId, Kind = kind, Latency = Duration.FromTimeSpan(latency), Load = load };
            if (decision.Source == DecisionSource.Ahead || ReserveOf(decision.Response.Farm)?.HasLimits == false)
            {
                _stream.ReportSoon(outcome);
            }
            else
            {
                // Somebody may wait for the place that this makes free.
                _stream.Report(outcome);
            }
        }
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _follower.DisposeAsync();

    private SteadyDecision DecideHere(BalanceRequest request)
    {
        var answer = _local.Decide(request, out var steering);
        return new SteadyDecision(answer, DecisionSource.Local) { Steering = steering };
    }

    private bool TryTake(string farm, out SteadyDecision decision)
    {
        var kept = _usesAhead && !IsLocal ? ReserveOf(farm)?.TryTake() : null;
        decision = kept is null ? default : new SteadyDecision(kept, DecisionSource.Ahead);
        return kept is not null;
    }

    private async ValueTask<SteadyDecision> AskAsync(BalanceRequest request, bool isPlain, CancellationToken cancellation)
    {
        if (IsLocal && _local.IsReady)
        {
            Probe(request);
            return DecideHere(request);
        }
        // One time-out for both: to wait for decisions that are on their way, and to ask when others took them.
        var since = _time.GetTimestamp();
        try
        {
            if (isPlain && _usesAhead && ReserveOf(request.Farm) is { Arriving: { } arriving } reserve)
            {
                await arriving.WaitAsync(cancellation).ConfigureAwait(false);
                if (reserve.Take() is { } kept)
                {
                    return new SteadyDecision(kept, DecisionSource.Ahead);
                }
            }
            return new SteadyDecision(await _stream.BalanceAsync(request, since, cancellation).ConfigureAwait(false), DecisionSource.Service);
        }
        catch (AthenaException e) when (e.Reason.Length == 0 && _local.IsReady)
        {
            if (Interlocked.Exchange(ref _isAway, 1) == 0)
            {
                Volatile.Write(ref _probedAt, _time.GetTimestamp());
                DropAhead();
                LogAway(e.StatusCode, e.Message, _local.Revision);
            }
            return DecideHere(request);
        }
    }

    /// <summary>Whether any decision of the farm answers it.</summary>
    private static bool IsPlain(BalanceRequest request) => request is
    {
        Lease: true, HasSteering: false, HasHashKey: false, HasPinnedServer: false, HasSeed: false, Explain: false, Alternates: 0,
        Priority: PriorityClass.Unspecified, LeaseTimeout: null, Exclude.Count: 0, Labels.Count: 0,
    };

    /// <summary>Null for a farm that there is not: names in questions must not fill the memory.</summary>
    private DecisionReserve? ReserveOf(string farm) => _reserves.TryGetValue(farm, out var known) ? known
        : _local.Has(farm) ? _reserves.GetOrAdd(farm, name => new DecisionReserve(name, _stream, _local, _time)) : null;

    private void DropAhead()
    {
        foreach (var reserve in _reserves.Values)
        {
            reserve.Clear();
        }
    }

    /// <summary>Asks the service a question that was decided here already, at most one at a time.</summary>
    private void Probe(BalanceRequest request)
    {
        if (_time.GetElapsedTime(Volatile.Read(ref _probedAt)) >= BetweenProbes && Interlocked.CompareExchange(ref _isProbing, 1, 0) == 0)
        {
            _ = ProbeAsync(request);
        }
    }

    private async Task ProbeAsync(BalanceRequest request)
    {
        try
        {
            var answer = await _stream.BalanceAsync(request).ConfigureAwait(false);
            Report(new SteadyDecision(answer, DecisionSource.Service), OutcomeKind.Cancelled, TimeSpan.Zero);
            Returned();
        }
        catch (AthenaException e) when (e.Reason.Length > 0)
        {
            Returned();
        }
        catch (Exception e) when (e is AthenaException or ObjectDisposedException)
        {
            // Still away.
        }
        finally
        {
            Volatile.Write(ref _probedAt, _time.GetTimestamp());
            Volatile.Write(ref _isProbing, 0);
        }
    }

    private void Returned()
    {
        if (Interlocked.Exchange(ref _isAway, 0) == 1)
        {
            LogReturned();
        }
    }

    [LoggerMessage(5006, LogLevel.Warning, "The service does not answer ({Status}: {Message}); decisions are made here by the fleet of revision {Revision}")]
    private partial void LogAway(Grpc.Core.StatusCode status, string message, long revision);

    [LoggerMessage(5007, LogLevel.Information, "The service answers again and decides")]
    private partial void LogReturned();
}
