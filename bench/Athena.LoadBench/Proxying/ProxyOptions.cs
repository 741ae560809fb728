using System.Globalization;

namespace Athena.LoadBench.Proxying;

/// <summary>What the command line says of a run of proxies.</summary>
/// <param name="Rounds">Rounds that count.</param>
/// <param name="Duration">Length of each load run.</param>
/// <param name="Connections">Numbers of connections, one table each.</param>
/// <param name="Policy">The farm's policy; empty: what suits the servers.</param>
/// <param name="Slower">How many times longer unequal servers work, and how many times fewer requests come: at 10 a timer's millisecond hardly counts.</param>
/// <param name="Only">Beginnings of the names of the proxies that run beside plain YARP; empty: all.</param>
internal sealed record ProxyOptions(int Rounds, TimeSpan Duration, IReadOnlyList<int> Connections, string Policy, int Slower, IReadOnlyList<string> Only)
{
    public const string Usage = "usage: Athena.LoadBench gateway|unequal [--rounds 1..100] [--seconds 1..60] [--connections N,N] [--policy NAME] [--slower 1..100] [--only ahead,batched,pinned,nginx,haproxy,httpd]";

    /// <summary>The options; null when they are not understood.</summary>
    public static ProxyOptions? Parse(ReadOnlySpan<string> args)
    {
        var options = new ProxyOptions(5, TimeSpan.FromSeconds(3), [64, 16, 1], "", 1, []);
        for (; args.Length >= 2; args = args[2..])
        {
            var numbers = args[1].Split(',').Select(n => int.TryParse(n, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : 0).ToArray();
            switch (args[0])
            {
                case "--rounds" when numbers is [>= 1 and <= 100]:
                    options = options with { Rounds = numbers[0] };
                    break;
                case "--seconds" when numbers is [>= 1 and <= 60]:
                    options = options with { Duration = TimeSpan.FromSeconds(numbers[0]) };
                    break;
                case "--connections" when Array.TrueForAll(numbers, n => n is >= 1 and <= 1000):
                    options = options with { Connections = numbers };
                    break;
                case "--policy":
                    options = options with { Policy = args[1] };
                    break;
                case "--slower" when numbers is [>= 1 and <= 100]:
                    options = options with { Slower = numbers[0] };
                    break;
                case "--only":
                    options = options with { Only = args[1].Split(',') };
                    break;
                default:
                    return null;
            }
        }
        return args.IsEmpty ? options : null;
    }

    /// <summary>Whether visitors with an affinity cookie are wanted: only when named.</summary>
    public bool TakesPinned => Only.Contains("pinned");

    public bool Takes(string proxy) => Only.Count == 0 || Only.Any(name => proxy.Contains(name, StringComparison.OrdinalIgnoreCase));
}
