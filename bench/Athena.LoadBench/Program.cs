using System.Globalization;
using Athena.LoadBench;
using Athena.LoadBench.Bare;
using Athena.LoadBench.Load;
using Athena.LoadBench.Proxying;
using Athena.LoadBench.Sizing;
using Athena.LoadBench.Storing;
using Athena.LoadBench.Watching;

// dotnet Athena.LoadBench.dll [--rounds N] [--seconds S], or watchers [WATCHERS [ROUNDS]], or store, or memory, or gateway|unequal; with another verb it is one of its own contenders.
switch (args)
{
    case [BareHttp.Verb, var port]:
        await BareHttp.RunAsync(port);
        return 0;
    case [BareGrpc.Verb, var port]:
        await BareGrpc.RunAsync(port);
        return 0;
    case [BareYarp.Verb, var port, .. var servers]:
        await BareYarp.RunAsync(port, servers);
        return 0;
    case [WorkingServer.Verb, var port, var workers, var milliseconds]:
        await WorkingServer.RunAsync(port, workers, milliseconds);
        return 0;
    case [ProxyBench.FastVerb or ProxyBench.UnequalVerb, .. var rest] when ProxyOptions.Parse(rest) is { } proxies:
        return await ProxyBench.RunAsync(args[0], proxies);
    case [ProxyBench.FastVerb or ProxyBench.UnequalVerb, ..]:
        await Console.Error.WriteLineAsync(ProxyOptions.Usage);
        return 1;
    case [WatchReaders.Verb, var port, var count]:
        WatchReaders.Run(int.Parse(port, CultureInfo.InvariantCulture), int.Parse(count, CultureInfo.InvariantCulture));
        return 0;
    case [DecisionCallers.Verb, var port]:
        await DecisionCallers.RunAsync(int.Parse(port, CultureInfo.InvariantCulture));
        return 0;
    case [WatchBench.Verb, ..] when WatchBench.Parse(args) is (int watchers, int rounds):
        return await WatchBench.RunAsync(watchers, rounds);
    case [StoreBench.Verb]:
        return await StoreBench.RunAsync();
    case [MemoryBench.Verb, .. var rest] when MemoryBench.Parse(rest) is var (settle, only):
        return await MemoryBench.RunAsync(settle, only);
    case [MemoryBench.Verb, ..]:
        await Console.Error.WriteLineAsync(MemoryBench.Usage);
        return 1;
    default:
        if (LoadOptions.Parse(args) is not { } options)
        {
            await Console.Error.WriteLineAsync(LoadOptions.Usage);
            return 1;
        }
        if (LoadTool.Missing("wrk", "h2load") is { } missing)
        {
            await Console.Error.WriteLineAsync($"{missing} is not installed; wrk and h2load (package nghttp2-client) are needed on the PATH");
            return 2;
        }
        return await Harness.RunAsync(options);
}
