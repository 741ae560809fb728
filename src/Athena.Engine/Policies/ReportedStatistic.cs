using Athena.Engine.Farms;
using Athena.Engine.Statistics;

namespace Athena.Engine.Policies;

/// <summary>One statistic of a group's members: what each reported, what stands for it where it did not, and what a hand-out adds.</summary>
/// <remarks>
/// A number that never came, or came too long ago, is the group's median, raised by the hand-outs since that was taken. A cost that was not learned yet is the usual one of
/// the group; none is below it divided by <see cref="LoadOptions.MaxShare"/>, so that a server that reports zero for ever fills up too. No lock.
/// </remarks>
/// <param name="members">The members.</param>
/// <param name="name">Name of the statistic.</param>
/// <param name="options">When a number is too old, and the least cost.</param>
/// <param name="atMedian">What each member had been given when the median was taken: one for all statistics of the group, kept by their owner.</param>
/// <param name="setCost">What a hand-out adds to numbers that the median is taken of; NaN: what was learned.</param>
internal sealed class ReportedStatistic(Member[] members, string name, LoadOptions options, HandOutMark[] atMedian, double setCost = double.NaN)
{
    /// <summary>Members looked at for a median.</summary>
    public const int LargestSample = 127;

    private const double LongestSilence = 180;
    private const double ShortestSilence = 5;

    private readonly StatisticCell[] _cells = Array.ConvertAll(members, m => m.Server.Cells.Statistics.GetOrAdd(name));
    private readonly long[] _expired = [.. Enumerable.Repeat(long.MinValue, members.Length)];
    private double _median;
    private double _usualCost = 1;

    /// <summary>A member's cell, whatever its age.</summary>
    public StatisticCell this[int place] => _cells[place];

    /// <summary>The same numbers, for copies of the members, from now on apart.</summary>
    public ReportedStatistic CopyFor(Member[] copies, HandOutMark[] marks)
    {
        var copy = new ReportedStatistic(copies, name, options, marks, setCost) { _median = _median, _usualCost = _usualCost };
        _expired.CopyTo(copy._expired, 0);
        return copy;
    }

    /// <summary>Whether the member's own number counts.</summary>
    public bool IsKnown(int place) => _cells[place] is { IsReported: true } cell && cell.ReportedAt != Volatile.Read(ref _expired[place]);

    /// <summary>What counts for a member.</summary>
    public ReportedNumber Of(int place) => IsKnown(place)
        ? new(_cells[place].Value, CostOf(_cells[place].HandOutCost), _cells[place].Mark, IsKnown: true)
        : new(_median, CostOf(double.NaN), atMedian[place], IsKnown: false);

    /// <summary>From where the hand-outs count that raise a member's number.</summary>
    public HandOutMark MarkOf(int place) => IsKnown(place) ? _cells[place].Mark : atMedian[place];

    /// <summary>Puts away what was reported too long ago.</summary>
    public void Expire(in RefreshTime now)
    {
        for (var i = 0; i < _cells.Length; i++)
        {
            var cell = _cells[i];
            if (cell.IsReported && cell.ReportedAt is var reportedAt && now.SecondsSince(reportedAt) > LongestAge(cell, now.Frequency))
            {
                Volatile.Write(ref _expired[i], reportedAt);
            }
        }
    }

    /// <summary>Takes the median and the usual cost anew, of every so-manieth member that has a number.</summary>
    /// <returns>How many have one.</returns>
    public int Renew()
    {
        Span<double> numbers = stackalloc double[LargestSample];
        Span<double> costs = stackalloc double[LargestSample];
        var known = 0;
        for (var i = 0; i < _cells.Length; i++)
        {
            known += IsKnown(i) ? 1 : 0;
        }
        var step = 1 + ((known - 1) / LargestSample);
        var (seen, taken, learned) = (0, 0, 0);
        for (var i = 0; i < _cells.Length && taken < LargestSample; i++)
        {
            if (!IsKnown(i) || seen++ % step != 0)
            {
                continue;
            }
            var cell = _cells[i];
            var cost = double.IsNaN(setCost) ? CostOf(cell.HandOutCost) : setCost;
            numbers[taken++] = Math.Max(0, cell.Value + (cost * cell.Mark.Until(HandOutMark.Seen(members[i].Counters))));
            if (!double.IsNaN(cell.HandOutCost))
            {
                costs[learned++] = cell.HandOutCost;
            }
        }
        _usualCost = learned == 0 ? 1 : Median.Of(costs[..learned]);
        _median = taken == 0 ? 0 : Median.Of(numbers[..taken]);
        return known;
    }

    private double CostOf(double learned) => double.IsNaN(learned) ? _usualCost : Math.Max(learned, _usualCost / options.MaxShare);

    private double LongestAge(StatisticCell cell, long frequency) => options.Expiration?.TotalSeconds
        ?? (cell.Interval == 0 ? LongestSilence : Math.Max(ShortestSilence, 3.0 * cell.Interval / frequency));
}

/// <summary>What counts for one member of one statistic.</summary>
/// <param name="Value">The number as reported, or the median.</param>
/// <param name="Cost">What a hand-out adds to it.</param>
/// <param name="Mark">What the server had been given when it was reported, or taken.</param>
/// <param name="IsKnown">Whether it is the member's own.</param>
internal readonly record struct ReportedNumber(double Value, double Cost, HandOutMark Mark, bool IsKnown)
{
    /// <summary>The number by now.</summary>
    public double By(in HandOutMark now, double cost) => Math.Max(0, Value + (cost * Mark.Until(now)));
}
