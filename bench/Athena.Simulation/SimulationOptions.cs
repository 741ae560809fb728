using System.Globalization;

namespace Athena.Simulation;

/// <summary>What the command line says.</summary>
/// <param name="Seeds">How many runs each scenario and contender have.</param>
/// <param name="Length">Seconds of each run that count.</param>
/// <param name="Only">Words of which a scenario's name must have one; none: all scenarios.</param>
/// <param name="By">Words of which a contender's name must have one; none: all.</param>
/// <param name="Docs">Folder whose quality.md and pictures are written anew, with all contenders; null: none.</param>
internal sealed record SimulationOptions(int Seeds, double Length, IReadOnlyList<string> Only, IReadOnlyList<string> By, string? Docs)
{
    public const string Usage = "usage: Athena.Simulation [--quick] [--seeds 1..100] [--seconds 1..600] [--only WORD]... [--by WORD]... [--docs FOLDER]";

    private static readonly SimulationOptions Default = new(Seeds: 2, Length: 8, Only: [], By: [], Docs: null);

    /// <summary>The options; null when they are not understood.</summary>
    public static SimulationOptions? Parse(IReadOnlyList<string> args)
    {
        var options = Default;
        for (var i = 0; i < args.Count; i++)
        {
            var value = i + 1 < args.Count ? args[i + 1] : "";
            var number = int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var n) ? n : 0;
            switch (args[i])
            {
                case "--quick":
                    options = options with { Seeds = 1, Length = 5 };
                    continue;
                case "--seeds" when number is >= 1 and <= 100:
                    options = options with { Seeds = number };
                    break;
                case "--seconds" when number is >= 1 and <= 600:
                    options = options with { Length = number };
                    break;
                case "--only" when value.Length > 0:
                    options = options with { Only = [.. options.Only, value] };
                    break;
                case "--by" when value.Length > 0:
                    options = options with { By = [.. options.By, value] };
                    break;
                case "--docs" when Directory.Exists(value):
                    options = options with { Docs = value };
                    break;
                default:
                    return null;
            }
            i++;
        }
        return options.Docs is not null && options.By.Count > 0 ? null : options;
    }
}
