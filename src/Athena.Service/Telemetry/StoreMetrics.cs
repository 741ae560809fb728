using System.Diagnostics.Metrics;

namespace Athena.Service.Telemetry;

/// <summary>What the store does, and whether it takes changes.</summary>
internal sealed class StoreMetrics
{
    /// <summary>From a disk that has its cache behind a battery to a cluster that elects.</summary>
    private static readonly InstrumentAdvice<double> Writing = new() { HistogramBucketBoundaries = [5e-4, 1e-3, 2.5e-3, 5e-3, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10] };

    private readonly Counter<long> _writes;
    private readonly Histogram<double> _duration;
    private readonly Counter<long> _relists;
    private int _available = 1;

    public StoreMetrics(IMeterFactory factory)
    {
        var meter = factory.Create(AthenaMetrics.MeterName);
        _writes = meter.CreateCounter<long>("athena.store.writes", "{write}", "Changes given to the store, by result.");
        _duration = meter.CreateHistogram<double>("athena.store.write.duration", "s", "Time that the store took for a change.", null, Writing);
        _relists = meter.CreateCounter<long>("athena.store.relists", "{relist}", "Times the whole store was read again in place of following its changes.");
        meter.CreateObservableGauge("athena.store.available", () => Volatile.Read(ref _available), "1", "Whether the store takes changes.");
    }

    public void Written(TimeSpan time)
    {
        _writes.Add(1, new KeyValuePair<string, object?>("result", "kept"));
        _duration.Record(time.TotalSeconds);
    }

    /// <summary>The whole store was read again in place of following its changes.</summary>
    public void Relisted(string reason) => _relists.Add(1, new KeyValuePair<string, object?>("reason", reason));

    public void Refused() => _writes.Add(1, new KeyValuePair<string, object?>("result", "refused"));

    /// <returns>Whether that is news.</returns>
    public bool SetAvailable(bool available) => Interlocked.Exchange(ref _available, available ? 1 : 0) != (available ? 1 : 0);
}
