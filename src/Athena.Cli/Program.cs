using Athena.Cli;
using Athena.Cli.Output;

return await CommandLine.RunAsync(args, Terminal.OfProcess());
