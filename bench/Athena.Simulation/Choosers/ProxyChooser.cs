using Athena.Engine.Leases;
using Athena.Simulation.Model;

namespace Athena.Simulation.Choosers;

/// <summary>What proxies do by themselves: each knows the weights, what the checks found and its own requests, and nothing of the others'.</summary>
internal abstract class ProxyChooser : IChooser
{
    private readonly int[][] _inFlight;
    private readonly bool[] _isUp;
    private readonly int[] _candidates;

    protected ProxyChooser(Scenario scenario, Dice dice)
    {
        Dice = dice;
        Weights = [.. scenario.Speeds.Select(s => scenario.WeightsKnown ? s : 1)];
        _inFlight = [.. Enumerable.Range(0, scenario.Proxies).Select(_ => new int[Weights.Length])];
        _isUp = [.. Weights.Select(_ => true)];
        _candidates = new int[Weights.Length];
    }

    public double LookUp => 0;

    protected Dice Dice { get; }

    protected double[] Weights { get; }

    public Choice Choose(int proxy, int excluded)
    {
        var count = 0;
        for (var i = 0; i < Weights.Length; i++)
        {
            if (_isUp[i] && i != excluded)
            {
                _candidates[count++] = i;
            }
        }
        if (count == 0)
        {
            return new Choice(-1);
        }
        var server = Pick(proxy, _candidates.AsSpan(0, count));
        _inFlight[proxy][server]++;
        return new Choice(server);
    }

    public void Ended(int proxy, Choice choice, OutcomeKind outcome, long latency) => _inFlight[proxy][choice.Server]--;

    public virtual void Reported(int server, LoadReport report)
    {
    }

    public void Found(int server, bool isUp) => _isUp[server] = isUp;

    public void Tick()
    {
    }

    protected abstract int Pick(int proxy, ReadOnlySpan<int> candidates);

    protected int InFlight(int proxy, int server) => _inFlight[proxy][server];

    /// <summary>A candidate drawn by weight.</summary>
    protected int Drawn(ReadOnlySpan<int> candidates)
    {
        var total = 0.0;
        foreach (var i in candidates)
        {
            total += Weights[i];
        }
        var left = Dice.Unit() * total;
        foreach (var i in candidates)
        {
            left -= Weights[i];
            if (left < 0)
            {
                return i;
            }
        }
        return candidates[^1];
    }
}

/// <summary>Smooth weighted round robin, each proxy with a turn of its own.</summary>
internal sealed class RoundRobinChooser(Scenario scenario, Dice dice) : ProxyChooser(scenario, dice)
{
    private readonly double[][] _turns = [.. Enumerable.Range(0, scenario.Proxies).Select(_ => scenario.Speeds.Select(_ => dice.Unit()).ToArray())];

    protected override int Pick(int proxy, ReadOnlySpan<int> candidates)
    {
        var (turns, best, total) = (_turns[proxy], candidates[0], 0.0);
        foreach (var i in candidates)
        {
            turns[i] += Weights[i];
            total += Weights[i];
            best = turns[i] > turns[best] ? i : best;
        }
        turns[best] -= total;
        return best;
    }
}

/// <summary>Two drawn by weight, the one with fewer of the proxy's own requests for its weight.</summary>
internal sealed class TwoChoicesChooser(Scenario scenario, Dice dice) : ProxyChooser(scenario, dice)
{
    protected override int Pick(int proxy, ReadOnlySpan<int> candidates)
    {
        var (a, b) = (Drawn(candidates), Drawn(candidates));
        for (var k = 0; k < 8 && a == b && candidates.Length > 1; k++)
        {
            b = Drawn(candidates);
        }
        return (InFlight(proxy, b) + 1) / Weights[b] < (InFlight(proxy, a) + 1) / Weights[a] ? b : a;
    }
}

/// <summary>The fewest of the proxy's own requests for the weight, equals in random order.</summary>
internal sealed class LeastConnectionsChooser(Scenario scenario, Dice dice) : ProxyChooser(scenario, dice)
{
    protected override int Pick(int proxy, ReadOnlySpan<int> candidates)
    {
        var (best, least, weight) = (-1, double.PositiveInfinity, 0.0);
        foreach (var i in candidates)
        {
            var score = (InFlight(proxy, i) + 1) / Weights[i];
            weight = score < least ? Weights[i] : score == least ? weight + Weights[i] : weight;
            if (score < least || (score == least && Dice.Unit() * weight < Weights[i]))
            {
                (best, least) = (i, score);
            }
        }
        return best;
    }
}

/// <summary>The lowest reported queue for its weight, with nothing against the herd: all proxies go by the same reports.</summary>
internal sealed class LowestReportedChooser(Scenario scenario, Dice dice) : ProxyChooser(scenario, dice)
{
    private readonly double[] _reported = new double[scenario.Speeds.Length];

    public override void Reported(int server, LoadReport report) => _reported[server] = report.Queue;

    protected override int Pick(int proxy, ReadOnlySpan<int> candidates)
    {
        var (best, least, ties) = (-1, double.PositiveInfinity, 0);
        foreach (var i in candidates)
        {
            var score = _reported[i] / Weights[i];
            ties = score < least ? 1 : score == least ? ties + 1 : ties;
            if (score < least || (score == least && Dice.Below(ties) == 0))
            {
                (best, least) = (i, score);
            }
        }
        return best;
    }
}

/// <summary>What nobody can have: every proxy knows all requests in flight and all speeds, and takes the server that is expected to be done first.</summary>
internal sealed class AllKnownChooser(Scenario scenario, Dice dice) : ProxyChooser(scenario, dice)
{
    private readonly Scenario _scenario = scenario;

    protected override int Pick(int proxy, ReadOnlySpan<int> candidates)
    {
        var (best, least, ties) = (-1, double.PositiveInfinity, 0);
        foreach (var i in candidates)
        {
            var present = 0;
            for (var p = 0; p < _scenario.Proxies; p++)
            {
                present += InFlight(p, i);
            }
            var score = (1 + (Math.Max(0, present + 1.0 - _scenario.Workers) / _scenario.Workers)) / _scenario.Speeds[i];
            ties = score < least ? 1 : score == least ? ties + 1 : ties;
            if (score < least || (score == least && Dice.Below(ties) == 0))
            {
                (best, least) = (i, score);
            }
        }
        return best;
    }
}
