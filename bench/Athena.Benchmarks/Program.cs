using Athena.Benchmarks;
using BenchmarkDotNet.Running;

if (args is [LeastTimes.Argument])
{
    LeastTimes.Print();
    return;
}

// dotnet Athena.Benchmarks.dll [--full] [BenchmarkDotNet's own arguments]; without arguments: all benchmarks, short runs.
// dotnet Athena.Benchmarks.dll rounds [count] [policy]: decisions on one thread and on two, in short rounds that take turns.
// dotnet Athena.Benchmarks.dll reports: how long decisions take while 100,000 reports a second are taken.
switch (args)
{
    case [Rounds.Verb, ..]:
        Rounds.Run(args[1..]);
        return;
    case [ReportRounds.Verb]:
        ReportRounds.Run();
        return;
}
var own = args.Where(a => a != BenchmarkConfig.Full).ToArray();
var config = BenchmarkConfig.Make(full: own.Length < args.Length);
BenchmarkSwitcher.FromAssembly(typeof(BenchmarkConfig).Assembly).Run(own.Length > 0 ? own : ["--filter", "*"], config);
