using Athena.Benchmarks;
using BenchmarkDotNet.Running;

// dotnet Athena.Benchmarks.dll [--full] [BenchmarkDotNet's own arguments]; without arguments: all benchmarks, short runs.
// dotnet Athena.Benchmarks.dll rounds [count] [policy]: decisions on one thread and on two, in short rounds that take turns.
if (args is [Rounds.Verb, ..])
{
    Rounds.Run(args[1..]);
    return;
}
var own = args.Where(a => a != BenchmarkConfig.Full).ToArray();
var config = BenchmarkConfig.Make(full: own.Length < args.Length);
BenchmarkSwitcher.FromAssembly(typeof(BenchmarkConfig).Assembly).Run(own.Length > 0 ? own : ["--filter", "*"], config);
