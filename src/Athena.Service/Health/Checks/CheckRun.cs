using Athena.Engine.Farms;

namespace Athena.Service.Health.Checks;

/// <summary>The checks of one server: the results in a row, and when the next is due.</summary>
internal sealed class CheckRun(string server, string address, CheckDefinition check)
{
    private int _good;
    private int _bad;

    public string Server => server;

    public Uri Address { get; } = new(address);

    public CheckDefinition Check => check;

    /// <summary>Whether the server is still asked this at this address.</summary>
    public bool Suits(Server? now) => now?.Check == check && now.Address == address;

    /// <summary>Whether another has taken its place, or the server is gone: its result counts no longer.</summary>
    public bool IsOver { get; set; }

    /// <summary>Takes one result.</summary>
    /// <param name="good">Whether the server answered as it should.</param>
    /// <param name="now">What the server's check is at present.</param>
    /// <returns>What it is from now on.</returns>
    public CheckState Take(bool good, CheckState now)
    {
        (_good, _bad) = good ? (Math.Min(_good + 1, check.Rise), 0) : (0, Math.Min(_bad + 1, check.Fall));
        return _bad >= check.Fall ? CheckState.Failed : _good >= check.Rise ? CheckState.Good : now;
    }

    /// <summary>Time from the begin of a check to the next: the interval, up to a tenth more or less.</summary>
    public TimeSpan NextInterval(Random random) => check.Interval * (0.9 + (0.2 * random.NextDouble()));
}
