using System.Diagnostics;
using System.Diagnostics.Metrics;
using Athena.Engine.Farms;
using Athena.Service.Telemetry;

namespace Athena.Service.Health;

/// <summary>What checks and ejection count; docs/metrics.md has a row for each.</summary>
internal sealed class HealthMetrics
{
    /// <summary>From a connection on the same machine to the longest time-out that is usual.</summary>
    private static readonly InstrumentAdvice<double> Checking = new() { HistogramBucketBoundaries = [1e-3, 2.5e-3, 5e-3, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30] };

    private readonly Counter<long> _checks;
    private readonly Histogram<double> _durations;
    private readonly Counter<long> _ejections;

    public HealthMetrics(IMeterFactory factory, SnapshotHolder snapshots)
    {
        var meter = factory.Create(AthenaMetrics.MeterName);
        _checks = meter.CreateCounter<long>("athena.checks", "{check}", "Active checks made, by server and result.");
        _durations = meter.CreateHistogram<double>("athena.check.duration", "s", "Time that active checks took.", null, Checking);
        _ejections = meter.CreateCounter<long>("athena.ejections", "{ejection}", "Members found bad, by farm, what found them and whether they were ejected.");
        meter.CreateObservableGauge("athena.members.ejected", () => PerFarm(snapshots.Current, m => m.Ejection is not null), "{member}", "Members ejected now.");
        meter.CreateObservableGauge("athena.members.warming", () => PerFarm(snapshots.Current, m => m.EffectiveWeight < m.Weight), "{member}", "Members in a slow start.");
        meter.CreateObservableGauge("athena.servers.check_failed", () => snapshots.Current.Servers.Count(s => s.State.Check == CheckState.Failed), "{server}", "Servers whose active check fails now.");
    }

    public void Checked(string server, CheckKind kind, bool good, TimeSpan duration)
    {
        var result = good ? "good" : "bad";
        _checks.Add(1, new("server", server), new("result", result));
        _durations.Record(duration.TotalSeconds, new("kind", KindName(kind)), new("result", result));
    }

    public void Found(string farm, string finding, bool enforced) =>
        _ejections.Add(1, new TagList { { "farm", farm }, { "finding", finding }, { "enforced", enforced } });

    private static string KindName(CheckKind kind) => kind switch { CheckKind.Http => "http", CheckKind.Tcp => "tcp", _ => "grpc" };

    private static IEnumerable<Measurement<int>> PerFarm(Snapshot snapshot, Func<Member, bool> counts) =>
        snapshot.Farms.Select(f => new Measurement<int>(f.Members.Count(counts), new KeyValuePair<string, object?>("farm", f.Name)));
}
