using System.Diagnostics.Metrics;

namespace Athena.Service.Telemetry;

/// <summary>What the store does, and whether it takes changes.</summary>
internal sealed class StoreMetrics
{
    private readonly Counter<long> _writes;
    private readonly Histogram<double> _duration;
    private int _available = 1;

    public StoreMetrics(IMeterFactory factory)
    {
        var meter = factory.Create(AthenaMetrics.MeterName);
        _writes = meter.CreateCounter<long>("athena.store.writes", "{write}", "Changes given to the store, by result.");
        _duration = meter.CreateHistogram<double>("athena.store.write.duration", "s", "Time that the store took for a change.");
        meter.CreateObservableGauge("athena.store.available", () => Volatile.Read(ref _available), "1", "Whether the store takes changes.");
    }

    public void Written(TimeSpan time)
    {
        _writes.Add(1, new KeyValuePair<string, object?>("result", "kept"));
        _duration.Record(time.TotalSeconds);
    }

    public void Refused() => _writes.Add(1, new KeyValuePair<string, object?>("result", "refused"));

    /// <returns>Whether that is news.</returns>
    public bool SetAvailable(bool available) => Interlocked.Exchange(ref _available, available ? 1 : 0) != (available ? 1 : 0);
}
