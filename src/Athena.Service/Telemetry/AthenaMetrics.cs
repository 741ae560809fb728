using System.Diagnostics.Metrics;
using Athena.Engine;
using Athena.Engine.Farms;
using Athena.Engine.Leases;

namespace Athena.Service.Telemetry;

/// <summary>The meter `Athena` and its instruments; docs/metrics.md has a row for each.</summary>
internal sealed class AthenaMetrics
{
    /// <summary>Name of the meter.</summary>
    public const string MeterName = "Athena";

    private readonly Counter<long> _decisions;
    private readonly Counter<long> _tokens;
    private readonly Counter<long> _statsUpdates;
    private readonly Counter<long> _statsRejected;
    private readonly UpDownCounter<long> _watchers;
    private readonly Counter<long> _merged;

    public AthenaMetrics(IMeterFactory factory, SnapshotHolder snapshots, LeaseTable leases, TimeProvider time)
    {
        var meter = factory.Create(MeterName);
        _decisions = meter.CreateCounter<long>("athena.decisions", "{decision}", "Decisions, by farm, chosen member and outcome.");
        _tokens = meter.CreateCounter<long>("athena.steering.tokens", "{token}", "Steering tokens, by the farm asked for and what became of them.");
        _statsUpdates = meter.CreateCounter<long>("athena.stats.updates", "{report}", "Reports taken.");
        _statsRejected = meter.CreateCounter<long>("athena.stats.rejected", "{report}", "Reports refused.");
        _watchers = meter.CreateUpDownCounter<long>("athena.watch.subscribers", "{stream}", "Open watch streams, by kind.");
        _merged = meter.CreateCounter<long>("athena.watch.coalesced", "{change}", "Changes merged into a later one for a slow reader.");
        meter.CreateObservableGauge("athena.revision", () => snapshots.Current.Revision, "{revision}", "Present revision.");
        meter.CreateObservableGauge("athena.leases.open", () => leases.Open, "{lease}", "Leases open.");
        meter.CreateObservableCounter("athena.lease.expired", () => leases.Expired, "{lease}", "Leases that ended by their time-out.");
        meter.CreateObservableGauge("athena.member.state", () => MemberStates(snapshots.Current), "1", "Whether a member is available (1) or not (0).");
        meter.CreateObservableGauge("athena.server.in_flight", () => snapshots.Current.Servers.Select(s => Of(s, s.Cells.InFlight)), "{decision}", "Decisions in flight.");
        meter.CreateObservableCounter("athena.score.invalid", () => InvalidScores(snapshots.Current), "1", "Times an expression gave no finite number.");
        meter.CreateObservableGauge("athena.stats.age", () => Ages(snapshots.Current, time), "s", "Time since a server's last report.");
    }

    public void Decided(in Decision decision)
    {
        var outcome = decision.Kind switch
        {
            DecisionKind.Chosen => decision.LastHop is not null || decision.Member!.IsStandIn ? "forwarded" : decision.Steering.IsFollowed ? "steered" : decision.Pinned ? "pinned" : decision.Farm!.IsPanicking ? "panic" : "chosen",
            DecisionKind.ForwardedToUrl => "forwarded",
            DecisionKind.FarmOverCapacity or DecisionKind.TooManyLeases => "shed",
            _ => "none",
        };
        // The farm's own name, never the text of the request.
        _decisions.Add(1, new("farm", decision.Farm?.Name ?? ""), new("member", decision.Member?.Server.Name ?? ""), new("outcome", outcome));
        if (decision.Steering.Farm is { } asked)
        {
            _tokens.Add(1, new("farm", asked), new("result", decision.Steering.Word));
        }
    }

    public void Reported(int count) => _statsUpdates.Add(count);

    public void Refused() => _statsRejected.Add(1);

    public void Watching(string kind, int change) => _watchers.Add(change, new KeyValuePair<string, object?>("kind", kind));

    public void Merged(int changes) => _merged.Add(changes);

    private static IEnumerable<Measurement<int>> MemberStates(Snapshot snapshot) =>
        from farm in snapshot.Farms
        from member in farm.Members
        select new Measurement<int>(member.IsAvailable ? 1 : 0, new("farm", farm.Name), new("member", member.Declared.Name));

    private static IEnumerable<Measurement<long>> InvalidScores(Snapshot snapshot) =>
        from farm in snapshot.Farms
        where farm.Cells.InvalidScores > 0
        select new Measurement<long>(farm.Cells.InvalidScores, new KeyValuePair<string, object?>("farm", farm.Name));

    private static IEnumerable<Measurement<double>> Ages(Snapshot snapshot, TimeProvider time) =>
        from server in snapshot.Servers
        where server.Cells.Statistics.LastReport is not null
        select new Measurement<double>(time.GetElapsedTime(server.Cells.Statistics.LastReport!.Value).TotalSeconds, new KeyValuePair<string, object?>("server", server.Name));

    private static Measurement<long> Of(Server server, long value) => new(value, new KeyValuePair<string, object?>("server", server.Name));
}
