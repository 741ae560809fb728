using Athena.Engine.Explaining;
using Athena.Engine.Statistics;

namespace Athena.Engine.Policies;

/// <summary>Parameters of `weighted_load`. Equal ones share what is kept of a server.</summary>
internal sealed record OrcaOptions(TimeSpan Blackout, TimeSpan Expiration, TimeSpan Update, double Penalty, string MetricList)
{
    /// <summary>Names to look for utilization under, before the standard ones.</summary>
    public string[] Metrics => MetricList.Split(',', StringSplitOptions.RemoveEmptyEntries);
}

/// <summary>One server's weight by its ORCA reports. Used by the refresher's thread alone.</summary>
/// <remarks>
/// weight = qps / (utilization + (eps/qps) · penalty). Utilization is the largest of the configured metrics, else application_utilization, else
/// cpu_utilization, each only when above zero. A report without qps or utilization is passed over. A weight holds once reports have come for
/// the blackout period, until none has come for the expiration period. Source: gRPC A58 and A114.
/// </remarks>
internal sealed class OrcaCell(StatisticBoard board, OrcaOptions options)
{
    private readonly StatisticCell _qps = board.GetOrAdd("rps_fractional");
    private readonly StatisticCell _eps = board.GetOrAdd("eps");
    private readonly StatisticCell _application = board.GetOrAdd("application_utilization");
    private readonly StatisticCell _cpu = board.GetOrAdd("cpu_utilization");
    private readonly StatisticCell[] _metrics = [.. options.Metrics.Select(board.GetOrAdd)];

    private double _weight = double.NaN;
    private long _since;
    private long _latest = long.MinValue;

    /// <summary>What <see cref="WeightAt"/> gave last.</summary>
    public double LastWeight { get; private set; } = double.NaN;

    /// <summary>The same weight, on the copy of its board, from now on apart.</summary>
    public OrcaCell CopyFor(StatisticBoard copied) => new(copied, options) { _weight = _weight, _since = _since, _latest = _latest, LastWeight = LastWeight };

    /// <summary>The weight now; NaN when there is none.</summary>
    public double WeightAt(in RefreshTime time)
    {
        if (_qps.IsReported && _qps.ReportedAt is var reportedAt && reportedAt != _latest && WeightOf(time, reportedAt) is var weight && !double.IsNaN(weight))
        {
            _since = double.IsNaN(_weight) ? reportedAt : _since;
            (_weight, _latest) = (weight, reportedAt);
        }
        if (!double.IsNaN(_weight) && time.SecondsSince(_latest) >= options.Expiration.TotalSeconds)
        {
            _weight = double.NaN;
        }
        return LastWeight = time.SecondsSince(_since) < options.Blackout.TotalSeconds ? double.NaN : _weight;
    }

    /// <summary>The formula; NaN where it gives no weight.</summary>
    internal static double Weight(double qps, double utilization, double eps, double penalty)
    {
        var cost = utilization + (qps > 0 ? eps / qps * penalty : 0);
        return qps > 0 && utilization > 0 && cost > 0 && qps / cost is var weight && weight > 0 && double.IsFinite(weight) ? weight : double.NaN;
    }

    /// <summary>The reports.</summary>
    public void Explain(int place, PickTrace trace)
    {
        string[] names = ["rps_fractional", "eps", "application_utilization", "cpu_utilization", .. options.Metrics];
        foreach (var (name, cell) in names.Zip([_qps, _eps, _application, _cpu, .. _metrics]))
        {
            if (cell.IsReported)
            {
                trace.Term(place, name, cell.Value, cell.ReportedAt);
            }
        }
    }

    private double WeightOf(in RefreshTime time, long reportedAt)
    {
        var utilization = 0.0;
        foreach (var metric in _metrics)
        {
            utilization = Math.Max(utilization, Current(metric, time, reportedAt));
        }
        utilization = utilization > 0 ? utilization : Current(_application, time, reportedAt);
        utilization = utilization > 0 ? utilization : Current(_cpu, time, reportedAt);
        return Weight(_qps.Value, utilization, Current(_eps, time, reportedAt), options.Penalty);
    }

    /// <summary>A number of this report; 0 when it is an earlier one's: a zero in ORCA is one not reported.</summary>
    /// <remarks>Numbers may come one by one: those of one update period belong together.</remarks>
    private double Current(StatisticCell cell, in RefreshTime time, long reportedAt) =>
        cell.IsReported && (reportedAt - cell.ReportedAt) / (double)time.Frequency < options.Update.TotalSeconds ? cell.Value : 0;
}
