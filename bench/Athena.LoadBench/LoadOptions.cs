using System.Globalization;

namespace Athena.LoadBench;

/// <summary>What the command line says.</summary>
/// <param name="Rounds">Rounds that count; one more warms up.</param>
/// <param name="Duration">Length of each load run.</param>
/// <param name="Only">Beginning of the names of the comparisons to run; empty: all.</param>
internal sealed record LoadOptions(int Rounds, TimeSpan Duration, string Only)
{
    public const string Usage = "usage: Athena.LoadBench [--rounds 1..100] [--seconds 1..60] [--only classic|unary|shared], or Athena.LoadBench watchers [1..20000 [1..20]], or Athena.LoadBench store, or Athena.LoadBench memory";

    /// <summary>The options; null when they are not understood.</summary>
    public static LoadOptions? Parse(string[] args)
    {
        var (rounds, seconds, only) = (5, 3, "");
        for (var i = 0; i < args.Length; i += 2)
        {
            if (args[i] == "--only" && i + 1 < args.Length)
            {
                only = args[i + 1];
                continue;
            }
            if (i + 1 >= args.Length || !int.TryParse(args[i + 1], NumberStyles.None, CultureInfo.InvariantCulture, out var number))
            {
                return null;
            }
            switch (args[i])
            {
                case "--rounds" when number is >= 1 and <= 100:
                    rounds = number;
                    break;
                case "--seconds" when number is >= 1 and <= 60:
                    seconds = number;
                    break;
                default:
                    return null;
            }
        }
        return new LoadOptions(rounds, TimeSpan.FromSeconds(seconds), only);
    }
}
