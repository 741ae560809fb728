using Athena.Engine;
using Athena.Engine.Farms;
using Athena.Engine.Leases;
using Athena.Engine.Policies;
using Athena.Engine.Statistics;
using Athena.Engine.Steering;
using Athena.V1;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using OutcomeKind = Athena.Engine.Leases.OutcomeKind;
using PriorityClass = Athena.Engine.PriorityClass;

namespace Athena.Client.Local;

/// <summary>Decides by the engine in this process, on the fleet as the service last told it: states, weights, tiers, forwards, steering tokens, and its own decisions in flight.</summary>
internal sealed class LocalBalancer
{
    /// <summary>Work that lasts longer would only be counted in flight too short: nobody sweeps these leases.</summary>
    private static readonly TimeSpan LeaseTime = TimeSpan.FromHours(1);

    private readonly SnapshotHolder _snapshots = new();
    private readonly LeaseTable _leases;
    private readonly Balancer _balancer;
    private readonly SnapshotCompiler _compiler;
    private readonly FleetValidator _validator;
    private readonly SteeringVerifier _steering;

    public LocalBalancer(TimeProvider time)
    {
        var policies = new PolicyCatalog(PolicyCatalog.BuiltIn);
        _leases = new LeaseTable(time);
        _steering = new SteeringVerifier(time);
        _balancer = new Balancer(_snapshots, _leases, _steering);
        _compiler = new SnapshotCompiler(policies, new StatisticNames(), time);
        _validator = new FleetValidator(policies);
    }

    /// <summary>Whether the fleet was told, so that it can decide.</summary>
    public bool IsReady => _snapshots.Current.Revision > 0;

    /// <summary>Revision of the fleet that it decides by; 0: none.</summary>
    public long Revision => _snapshots.Current.Revision;

    /// <summary>Decides by this fleet from now on. One caller at a time.</summary>
    /// <returns>What is wrong with it, in which case the last good one stays; null: nothing.</returns>
    public string? Use(FleetCopy copy)
    {
        var (fleet, states) = copy.Read();
        if (_validator.Validate(fleet) is [{ } fault, ..])
        {
            return $"{fault.Path}: {fault.Message}";
        }
        _snapshots.Publish(_compiler.Compile(copy.Revision, fleet, states, _snapshots.Current));
        return null;
    }

    /// <summary>Judges steering tokens by these from now on.</summary>
    public void Use(SteeringSettings settings) => _steering.Use(settings);

    /// <summary>Decides. A lease is always opened.</summary>
    /// <param name="request">The question.</param>
    /// <param name="steering">What became of its steering token, in the service's words; null: there was none, or no key to judge it by.</param>
    /// <exception cref="AthenaException">Nobody can serve, or there is no such farm; the reasons are the service's own.</exception>
    public BalanceResponse Decide(BalanceRequest request, out string? steering)
    {
        var decision = _balancer.Decide(QueryOf(request));
        steering = decision.Steering.Verdict == SteeringVerdict.None ? null : decision.Steering.Word;
        if (decision.Kind is DecisionKind.Chosen or DecisionKind.ForwardedToUrl)
        {
            return new BalanceResponse
            {
                DecisionId = decision.Lease,
                Farm = decision.Farm!.Name,
                Server = decision.Member?.Server.Name ?? "",
                Address = decision.Member?.Server.Address ?? "",
                Url = decision.Url ?? "",
                Pinned = decision.Pinned,
                Steered = decision.Steering.IsFollowed,
                Forwarded = decision.LastHop is not null || decision.Member is { IsStandIn: true },
                Panicked = decision.Member is not null && decision.Farm.IsPanicking,
                Revision = decision.Snapshot.Revision,
                Seed = decision.Seed,
                Lease = decision.Lease == 0 ? null : new Lease { Timeout = Duration.FromTimeSpan(LeaseTime) },
            };
        }
        throw decision.Kind switch
        {
            DecisionKind.FarmNotFound => new AthenaException(StatusCode.NotFound, "FARM_NOT_FOUND", $"no farm '{request.Farm}'"),
            DecisionKind.EngineOff => new AthenaException(StatusCode.Unavailable, "ENGINE_OFF", "the engine is off"),
            DecisionKind.FarmOff => new AthenaException(StatusCode.Unavailable, "FARM_OFF", $"farm '{decision.Farm!.Name}' is off"),
            DecisionKind.FarmOverCapacity => new AthenaException(StatusCode.ResourceExhausted, "FARM_OVER_CAPACITY", $"farm '{decision.Farm!.Name}' is at its capacity"),
            DecisionKind.TooManyLeases => new AthenaException(StatusCode.ResourceExhausted, "TOO_MANY_LEASES", "as many leases are open as are kept"),
            _ => new AthenaException(StatusCode.Unavailable, "NO_AVAILABLE_MEMBER", $"no server available in {decision.Farm!.Name}"),
        };
    }

    /// <summary>Whether there is such a farm.</summary>
    public bool Has(string farm) => _snapshots.Current.FindFarm(farm) is not null;

    /// <summary>Whether decisions in flight are limited in a farm, or nothing is known of it.</summary>
    public bool HasLimits(string farm) =>
        _snapshots.Current.FindFarm(farm) is not { } known || known.Definition.MaxInFlight > 0 || known.Members.Any(m => m.Server.Definition.MaxInFlight > 0);

    /// <summary>Ends the lease of a decision made here.</summary>
    public void Close(ulong decision) => _leases.Close(decision, OutcomeKind.Success, out _);

    private BalanceQuery QueryOf(BalanceRequest request) => new(request.Farm)
    {
        Exclude = request.Exclude.Count > 0 ? request.Exclude : null,
        Labels = request.Labels.Count > 0 ? request.Labels.ToDictionary() : null,
        PinnedServer = request.HasPinnedServer ? request.PinnedServer : null,
        Priority = request.Priority switch
        {
            V1.PriorityClass.Low => PriorityClass.Low,
            V1.PriorityClass.High => PriorityClass.High,
            _ => PriorityClass.Normal,
        },
        Lease = LeaseTime,
        Seed = request.HasSeed ? request.Seed : null,
        HashKey = request.HasHashKey ? HashKey.Of(request.HashKey) : null,
        // Without keys no token is good: it need not be read.
        Steering = request.HasSteering && _steering.Settings.Keys.Length > 0 ? request.Steering : null,
    };
}
