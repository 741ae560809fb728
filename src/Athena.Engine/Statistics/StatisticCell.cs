namespace Athena.Engine.Statistics;

/// <summary>One number of one server. Absent (never reported) and zero are different things.</summary>
public sealed class StatisticCell
{
    private double _value = double.NaN;
    private long _reportedAt;
    private long _chosenAtReport;
    private double _handOutCost = 1;
    private double _decayedLoad = 1;
    private double _decayedHandOuts = 1;

    /// <summary>Whether it was ever reported.</summary>
    public bool IsReported => !double.IsNaN(Volatile.Read(ref _value));

    /// <summary>The number reported last; NaN when absent.</summary>
    public double Value => Volatile.Read(ref _value);

    /// <summary>When it was reported: a timestamp of the service's <see cref="TimeProvider"/>.</summary>
    public long ReportedAt => Volatile.Read(ref _reportedAt);

    /// <summary>How much one hand-out raises the number, learned from the reports.</summary>
    /// <remarks>Decayed sum of reported numbers over decayed sum of hand-outs, each halved with every report that had hand-outs; 1 before the first.</remarks>
    public double HandOutCost => Volatile.Read(ref _handOutCost);

    /// <summary>The number as it is now likely to be: what was reported and what each hand-out since then adds.</summary>
    /// <param name="chosen">Times the server was chosen, from its cells.</param>
    /// <param name="costOverride">Cost of one hand-out; NaN: as learned.</param>
    /// <returns>NaN when absent.</returns>
    internal double Expected(long chosen, double costOverride)
    {
        var cost = double.IsNaN(costOverride) ? HandOutCost : costOverride;
        return Value + (cost * Math.Max(0, chosen - Volatile.Read(ref _chosenAtReport)));
    }

    /// <summary>Takes in a report. Called under the board's lock.</summary>
    internal void Report(double value, long chosen, long timestamp)
    {
        var handOuts = chosen - _chosenAtReport;
        if (handOuts > 0)
        {
            _decayedLoad = (_decayedLoad / 2) + value;
            _decayedHandOuts = (_decayedHandOuts / 2) + handOuts;
            Volatile.Write(ref _handOutCost, _decayedLoad / _decayedHandOuts);
        }
        Volatile.Write(ref _chosenAtReport, chosen);
        Volatile.Write(ref _reportedAt, timestamp);
        Volatile.Write(ref _value, value);
    }
}
