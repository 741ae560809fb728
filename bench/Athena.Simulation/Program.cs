using System.Diagnostics;
using System.Globalization;
using Athena.Simulation;
using Athena.Simulation.Report;

// dotnet Athena.Simulation.dll [--quick] [--seeds N] [--seconds S] [--only WORD]... [--by WORD]... [--docs FOLDER]
if (SimulationOptions.Parse(args) is not { } options)
{
    await Console.Error.WriteLineAsync(SimulationOptions.Usage);
    return 1;
}
var watch = Stopwatch.StartNew();
var results = new List<Comparison>();
foreach (var comparison in Comparison.All(options))
{
    comparison.Run(options.Seeds);
    Console.WriteLine(comparison.ToTable());
    results.Add(comparison);
}
if (options.By.Count == 0)
{
    Console.WriteLine(Goals.ToTable(results));
}
await Console.Error.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"{watch.Elapsed.TotalSeconds:0} s"));
if (options.Docs is { } docs)
{
    QualityPage.Write(docs, results);
}
return 0;
