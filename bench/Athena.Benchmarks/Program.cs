using Athena.Benchmarks;
using BenchmarkDotNet.Running;

if (args is [LeastTimes.Argument])
{
    LeastTimes.Print();
    return;
}

// dotnet Athena.Benchmarks.dll [--full] [BenchmarkDotNet's own arguments]; without arguments: all benchmarks, short runs.
var own = args.Where(a => a != BenchmarkConfig.Full).ToArray();
var config = BenchmarkConfig.Make(full: own.Length < args.Length);
BenchmarkSwitcher.FromAssembly(typeof(BenchmarkConfig).Assembly).Run(own.Length > 0 ? own : ["--filter", "*"], config);
