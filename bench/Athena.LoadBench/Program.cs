using Athena.LoadBench;
using Athena.LoadBench.Bare;
using Athena.LoadBench.Load;
using Athena.LoadBench.Storing;
using Athena.LoadBench.Watching;

// dotnet Athena.LoadBench.dll [--rounds N] [--seconds S], or watchers [WATCHERS [ROUNDS]], or store; with a verb it is one of its own contenders.
switch (args)
{
    case [BareHttp.Verb, var port]:
        await BareHttp.RunAsync(port);
        return 0;
    case [BareGrpc.Verb, var port]:
        await BareGrpc.RunAsync(port);
        return 0;
    case [WatchBench.Verb, ..] when WatchBench.Parse(args) is (int watchers, int rounds):
        return await WatchBench.RunAsync(watchers, rounds);
    case [StoreBench.Verb]:
        return await StoreBench.RunAsync();
    default:
        if (LoadOptions.Parse(args) is not { } options)
        {
            await Console.Error.WriteLineAsync(LoadOptions.Usage);
            return 1;
        }
        if (LoadTool.Missing() is { } missing)
        {
            await Console.Error.WriteLineAsync($"{missing} is not installed; wrk and h2load (package nghttp2-client) are needed on the PATH");
            return 2;
        }
        return await Harness.RunAsync(options);
}
