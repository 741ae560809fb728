using System.Globalization;

namespace Athena.LoadBench.Watching;

/// <summary>How decisions fare, and how much memory the service takes, while many servers flap before many watchers. Service, watchers and callers are processes of their own.</summary>
internal static class WatchBench
{
    public const string Verb = "watchers";

    private const int Servers = 1000;
    private static readonly TimeSpan Quiet = TimeSpan.FromSeconds(3);

    /// <summary>The numbers of watchers and of rounds; null when they are not understood.</summary>
    public static (int Watchers, int Rounds)? Parse(string[] args)
    {
        var (watchers, rounds) = (5000, 3);
        return args.Length <= 3
            && (args.Length < 2 || (int.TryParse(args[1], NumberStyles.None, CultureInfo.InvariantCulture, out watchers) && watchers is >= 1 and <= 20_000))
            && (args.Length < 3 || (int.TryParse(args[2], NumberStyles.None, CultureInfo.InvariantCulture, out rounds) && rounds is >= 1 and <= 20))
            ? (watchers, rounds) : null;
    }

    /// <summary>Runs all rounds and prints a table.</summary>
    public static async Task<int> RunAsync(int watchers, int rounds)
    {
        await using var stage = await Stage.StartAsync(Servers);
        await using var callers = await Helper.StartAsync(DecisionCallers.Verb, stage.GrpcPort);
        Print("| round | watchers | flap | p50 ms | p99 ms | most ms | decisions | flap s | told s | MB read | service MB | CPU s: service, watchers, callers |");
        Print("| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |");
        for (var round = 0; round <= rounds; round++)
        {
            await RowAsync(stage, callers, null, 0, round, flap: false);
            await RowAsync(stage, callers, null, 0, round, flap: true);
        }
        await using var readers = await Helper.StartAsync(WatchReaders.Verb, stage.HttpPort, watchers);
        for (var round = 0; round <= rounds; round++)
        {
            await RowAsync(stage, callers, readers, watchers, round, flap: false);
            await RowAsync(stage, callers, readers, watchers, round, flap: true);
        }
        return 0;
    }

    private static async Task RowAsync(Stage stage, Helper callers, Helper? readers, int watchers, int round, bool flap)
    {
        using var ending = new CancellationTokenSource();
        var memory = stage.PeakMemoryAsync(ending.Token);
        var bytes = await BytesAsync(readers);
        TimeSpan[] Used() => [stage.ProcessorTime, readers?.ProcessorTime ?? TimeSpan.Zero, callers.ProcessorTime];
        var used = Used();
        await callers.AskAsync("begin");
        var begun = TimeProvider.System.GetTimestamp();
        var (made, told) = (TimeSpan.Zero, TimeSpan.Zero);
        if (flap)
        {
            var last = $"end-of-{round.ToString(CultureInfo.InvariantCulture)}";
            await stage.FlapAsync();
            made = TimeProvider.System.GetElapsedTime(begun);
            if (readers is not null)
            {
                await readers.AskAsync($"hear {last}");
            }
            await stage.EndAsync(last);
            if (readers is not null)
            {
                await readers.AnswerAsync();
            }
            told = TimeProvider.System.GetElapsedTime(begun);
        }
        else
        {
            await Task.Delay(Quiet, TimeProvider.System);
        }
        var latencies = await callers.AskAsync("end");
        await ending.CancelAsync();
        var cpu = string.Join(", ", Used().Zip(used, (now, then) => (now - then).TotalSeconds.ToString("F1", CultureInfo.InvariantCulture)));
        var (most, read) = (await memory >> 20, (await BytesAsync(readers) - bytes) >> 20);
        // The first round warms up.
        Print(string.Create(CultureInfo.InvariantCulture, $"| {(round == 0 ? "warm" : round)} | {watchers} | {(flap ? "yes" : "no")} | {latencies} | {made.TotalSeconds:F1} | {told.TotalSeconds:F1} | {read} | {most} | {cpu} |"));
    }

    private static async Task<long> BytesAsync(Helper? readers) => readers is null ? 0 : long.Parse(await readers.AskAsync("bytes"), CultureInfo.InvariantCulture);

    private static void Print(string line) => Console.WriteLine(line);
}
