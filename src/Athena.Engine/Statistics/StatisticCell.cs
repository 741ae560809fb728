using Athena.Engine.Farms;

namespace Athena.Engine.Statistics;

/// <summary>One number of one server. Absent (never reported) and zero are different things.</summary>
public sealed class StatisticCell
{
    private double _value = double.NaN;
    private long _reportedAt;
    private long _interval;
    private long _chosenAtReport;
    private long _inFlightAtReport;
    private long _endedAtReport;
    private double _carriedCost = double.NaN;
    private double _carriedLoad;
    private double _carried;
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

    /// <summary>How much one hand-out raises the number, learned from the reports.</summary>
    /// <remarks>
    /// Decayed sum of reported numbers over decayed sum of hand-outs between reports, each halved with every report that had any; 1 before. Open
    /// leases are hand-outs whose work goes on: when there are more of them than hand-outs since the report before, they are what the number
    /// stands for. What came before the first report teaches nothing, for nobody knows since when.
    /// </remarks>
    public double HandOutCost => Volatile.Read(ref _handOutCost) is var cost && double.IsNaN(cost) ? 1 : cost;

    /// <summary><see cref="HandOutCost"/>, NaN before anything was learned.</summary>
    internal double LearnedCost => Volatile.Read(ref _handOutCost);

    /// <summary>How many hand-outs there usually are from report to report, decayed like <see cref="HandOutCost"/>; NaN before any.</summary>
    internal double UsualHandOuts => Volatile.Read(ref _usualHandOuts);

    /// <summary>The number as it is now likely to be: what was reported and what each hand-out since then adds.</summary>
    /// <param name="chosen">Times the server was chosen, from its cells.</param>
    /// <param name="costOverride">Cost of one hand-out; NaN: as learned.</param>
    /// <returns>NaN when absent.</returns>
    internal double Expected(long chosen, double costOverride) =>
        Value + ((double.IsNaN(costOverride) ? HandOutCost : costOverride) * HandOutsSince(chosen));

    /// <summary>Hand-outs up to the report.</summary>
    internal long ChosenAtReport => Volatile.Read(ref _chosenAtReport);

    /// <summary>Hand-outs since the report.</summary>
    internal long HandOutsSince(long chosen) => Math.Max(0, chosen - Volatile.Read(ref _chosenAtReport));

    /// <summary>What one decision whose work goes on adds to the number, learned from the reports; NaN before.</summary>
    /// <remarks>As <see cref="HandOutCost"/>, but a report stands for the leases open by then and for the hand-outs without one since the report before.</remarks>
    internal double CarriedCost => Volatile.Read(ref _carriedCost);

    /// <summary>What the server had been given at the report.</summary>
    internal HandOutMark Mark => new(ChosenAtReport, Volatile.Read(ref _inFlightAtReport), Volatile.Read(ref _endedAtReport));

    /// <summary>Takes in a report. Called under the board's lock.</summary>
    /// <param name="value">The number.</param>
    /// <param name="chosen">Times the server was chosen, from its cells.</param>
    /// <param name="timestamp">Now.</param>
    /// <param name="inFlight">Its open leases.</param>
    /// <param name="ended">Its leases that have ended.</param>
    internal void Report(double value, long chosen, long timestamp, long inFlight = 0, long ended = 0)
    {
        if (IsReported)
        {
            Learn(value, Math.Max(chosen - _chosenAtReport, inFlight));
            LearnCarried(value, Mark.Until(new HandOutMark(chosen, inFlight, ended)) + _inFlightAtReport);
            var interval = Math.Max(0, timestamp - _reportedAt);
            Volatile.Write(ref _interval, _interval == 0 ? interval : (_interval / 2) + (interval / 2));
        }
        Volatile.Write(ref _chosenAtReport, chosen);
        Volatile.Write(ref _inFlightAtReport, inFlight);
        Volatile.Write(ref _endedAtReport, ended);
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

    private void LearnCarried(double value, long carried)
    {
        if (carried <= 0)
        {
            return;
        }
        _carriedLoad = (_carriedLoad / 2) + value;
        _carried = (_carried / 2) + carried;
        Volatile.Write(ref _carriedCost, _carriedLoad / _carried);
    }
}
