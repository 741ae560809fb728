using System.Diagnostics.Metrics;

namespace Athena.Client.Statistics;

/// <summary>How busy this process is.</summary>
internal sealed class ProcessNumbers : IDisposable
{
    private readonly TimeProvider _time;
    private readonly MeterListener _listener = new();
    private TimeSpan _lastCpu = Environment.CpuUsage.TotalTime;
    private long _lastAt;
    private long _requests;

    public ProcessNumbers(TimeProvider time)
    {
        _time = time;
        _lastAt = time.GetTimestamp();
        // ASP.NET Core counts its requests in flight; nothing to install in the application.
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument is { Meter.Name: "Microsoft.AspNetCore.Hosting", Name: "http.server.active_requests" })
            {
                listener.EnableMeasurementEvents(instrument);
            }
        };
        _listener.SetMeasurementEventCallback<long>((_, change, _, _) => Interlocked.Add(ref _requests, change));
        _listener.Start();
    }

    public IEnumerable<KeyValuePair<string, double>> Read()
    {
        var (cpu, at) = (Environment.CpuUsage.TotalTime, _time.GetTimestamp());
        var elapsed = _time.GetElapsedTime(_lastAt, at);
        if (elapsed > TimeSpan.Zero)
        {
            yield return new("cpu", Math.Max(0, (cpu - _lastCpu) / elapsed / Environment.ProcessorCount * 100));
        }
        (_lastCpu, _lastAt) = (cpu, at);
        var memory = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes;
        if (memory > 0)
        {
            yield return new("mem", 100.0 * Environment.WorkingSet / memory);
        }
        yield return new("requests", Math.Max(0, Interlocked.Read(ref _requests)));
    }

    public void Dispose() => _listener.Dispose();
}
