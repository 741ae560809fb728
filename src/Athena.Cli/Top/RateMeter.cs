namespace Athena.Cli.Top;

/// <summary>Makes rates of a counter that is looked at now and then.</summary>
internal sealed class RateMeter
{
    /// <summary>Rates kept for the sparkline.</summary>
    public const int Kept = 120;

    private readonly List<double> _history = [];
    private long _count;
    private DateTimeOffset? _at;

    /// <summary>Per second, between the last two looks. 0 before the second one.</summary>
    public double Rate => _history.Count > 0 ? _history[^1] : 0;

    /// <summary>The last rates, oldest first.</summary>
    public IReadOnlyList<double> History => _history;

    /// <summary>A look at the counter. One that fell (the service started anew) begins from zero.</summary>
    public void Look(long count, DateTimeOffset now)
    {
        if (_at is { } before && now > before)
        {
            _history.Add(Math.Max(0, count < _count ? count : count - _count) / (now - before).TotalSeconds);
            if (_history.Count > Kept)
            {
                _history.RemoveAt(0);
            }
        }
        (_count, _at) = (count, now);
    }
}
