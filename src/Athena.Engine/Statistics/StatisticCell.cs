using Athena.Engine.Farms;

namespace Athena.Engine.Statistics;

/// <summary>One number of one server. Absent (never reported) and zero are different things.</summary>
public sealed class StatisticCell
{
    private double _value = double.NaN;
    private long _reportedAt;
    private long _interval;
    private long _withoutLease;
    private long _inFlight;
    private double _handOutCost = double.NaN;
    private double _decayedLoad;
    private double _decayedHandOuts;
    private double _decayedReports;
    private double _usualHandOuts = double.NaN;

    /// <summary>Whether it was ever reported.</summary>
    public bool IsReported => !double.IsNaN(Volatile.Read(ref _value));

    /// <summary>The number reported last; NaN when absent.</summary>
    public double Value => Volatile.Read(ref _value);

    /// <summary>When it was reported: a timestamp of the service's <see cref="TimeProvider"/>.</summary>
    public long ReportedAt => Volatile.Read(ref _reportedAt);

    /// <summary>Whether the number was reported to another service and came from there.</summary>
    public bool IsMerged { get; internal set; }

    /// <summary>Usual time between reports, in units of <see cref="ReportedAt"/>, each report half; 0 before the second.</summary>
    internal long Interval => Volatile.Read(ref _interval);

    /// <summary>What one decision whose work goes on adds to the number, learned from the reports; NaN before.</summary>
    /// <remarks>
    /// Decayed sum of reported numbers over decayed sum of what they stood for: the leases open by then, and the hand-outs without one since the
    /// report before. Each halved with every report that stood for any. What came before the first report teaches nothing, for nobody knows since when.
    /// </remarks>
    internal double HandOutCost => Volatile.Read(ref _handOutCost);

    /// <summary>How many decisions a report usually stands for, decayed like <see cref="HandOutCost"/>; NaN before any.</summary>
    internal double UsualHandOuts => Volatile.Read(ref _usualHandOuts);

    /// <summary>What the server had been given at the report.</summary>
    internal HandOutMark Mark => new(Volatile.Read(ref _withoutLease), Volatile.Read(ref _inFlight));

    /// <summary>Takes in a report. Called under the board's lock.</summary>
    /// <param name="value">The number.</param>
    /// <param name="mark">What the server has been given by now.</param>
    /// <param name="timestamp">Now.</param>
    internal void Report(double value, in HandOutMark mark, long timestamp)
    {
        if (IsReported)
        {
            Learn(value, Mark.Until(mark) + _inFlight);
            var interval = Math.Max(0, timestamp - _reportedAt);
            Volatile.Write(ref _interval, _interval == 0 ? interval : (_interval / 2) + (interval / 2));
        }
        Volatile.Write(ref _withoutLease, mark.WithoutLease);
        Volatile.Write(ref _inFlight, mark.InFlight);
        Volatile.Write(ref _reportedAt, timestamp);
        Volatile.Write(ref _value, value);
        IsMerged = false;
    }

    /// <summary>The same number, from now on apart. Called under the board's lock.</summary>
    internal StatisticCell Copy() => (StatisticCell)MemberwiseClone();

    private void Learn(double value, long handOuts)
    {
        if (handOuts <= 0)
        {
            return;
        }
        _decayedLoad = (_decayedLoad / 2) + value;
        _decayedHandOuts = (_decayedHandOuts / 2) + handOuts;
        _decayedReports = (_decayedReports / 2) + 1;
        Volatile.Write(ref _handOutCost, _decayedLoad / _decayedHandOuts);
        Volatile.Write(ref _usualHandOuts, _decayedHandOuts / _decayedReports);
    }
}
