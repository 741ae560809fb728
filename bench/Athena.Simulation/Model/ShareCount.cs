namespace Athena.Simulation.Model;

/// <summary>Who got how many requests, second by second, beside each server's part of the capacity.</summary>
internal sealed class ShareCount(double[] speeds)
{
    private readonly double[] _fair = [.. speeds.Select(s => s / speeds.Sum())];
    private readonly long[] _all = new long[speeds.Length];
    private readonly long[] _second = new long[speeds.Length];

    /// <summary>Largest multiple of a fair share in any second so far.</summary>
    public double WorstSecond { get; private set; }

    /// <summary>Largest multiple over all the time.</summary>
    public double Whole => Largest(_all);

    public void Chosen(int server) => _second[server]++;

    /// <summary>A second is over.</summary>
    public void Next(bool counts)
    {
        if (counts)
        {
            WorstSecond = Math.Max(WorstSecond, Largest(_second));
            for (var i = 0; i < _all.Length; i++)
            {
                _all[i] += _second[i];
            }
        }
        Array.Clear(_second);
    }

    private double Largest(long[] counts)
    {
        var total = Math.Max(1, counts.Sum());
        return counts.Select((c, i) => c / (total * _fair[i])).Max();
    }
}
