namespace Athena.Simulation.Model;

/// <summary>What clients saw in one run, after the warm-up.</summary>
internal sealed class Result
{
    private readonly float[] _latencies;

    public Result(List<float> latencies, long errors, double busiest, double busiestSecond)
    {
        _latencies = [.. latencies];
        Array.Sort(_latencies);
        (Errors, Busiest, BusiestSecond) = (errors, busiest, busiestSecond);
    }

    /// <summary>Requests answered, or given up by their client.</summary>
    public int Count => _latencies.Length;

    /// <summary>Requests that failed, refused ones included.</summary>
    public long Errors { get; }

    /// <summary>Failed requests, as a part of all.</summary>
    public double ErrorRate => Errors / (double)Math.Max(1, Count);

    /// <summary>The largest of the servers' shares of the requests over the whole run, each as a multiple of its part of the capacity.</summary>
    public double Busiest { get; }

    /// <summary>The same in the worst second.</summary>
    public double BusiestSecond { get; }

    /// <summary>Mean time of all requests, in milliseconds.</summary>
    public double MeanLatency => _latencies.Average(l => (double)l);

    /// <summary>Milliseconds within which this part of the requests was answered. Refusals count with the time they took.</summary>
    public double Latency(double quantile) => _latencies.Length == 0 ? 0 : _latencies[(int)Math.Min(_latencies.Length - 1, quantile * _latencies.Length)];
}
