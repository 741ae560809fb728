using System.Globalization;
using Athena.LoadBench.Servers;

namespace Athena.LoadBench.Sizing;

/// <summary>What memory a large fleet takes: the working set of a service with 10,000 servers in 1,000 farms above that of one with nothing, as started and after work, with every policy.</summary>
internal static class MemoryBench
{
    public const string Verb = "memory";
    public const string Usage = "usage: Athena.LoadBench memory [--settle 1..60] [--only FLEET,...], of " + All;

    /// <summary>Nothing; one farm; all policies in turns; then one policy each, some with a parameter.</summary>
    private const string All = "empty,small,mix,round_robin,random,least_load,least_load/best,sum,expression,least_requests,peak_ewma,weighted_load,least_time,prequal,consistent_hash";

    private const int Farms = 1000;
    private const int MembersOfEach = 10;

    /// <summary>Times that each server reports, and decisions of each farm, in a large fleet; a small one gets as many in all.</summary>
    private const int Reports = 4;

    private const int Decisions = 40;

    private static readonly string[] Policies = [.. All.Split(',').Skip(3)];

    public static async Task<int> RunAsync(TimeSpan settle, string[] only)
    {
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{Farms * MembersOfEach:N0} servers in {Farms:N0} farms; MB of working set {settle.TotalSeconds} s after the start and after {Reports} reports of each server and {Decisions} decisions of each farm with their outcomes; the heap is what lived after the last collection."));
        Console.WriteLine();
        Console.WriteLine("| fleet | started | above empty | worked | above empty | heap, started and worked | most ever |");
        Console.WriteLine("| --- | --- | --- | --- | --- | --- | --- |");
        Sizes? empty = null;
        foreach (var name in All.Split(',').Where(n => n == "empty" || only.Length == 0 || only.Contains(n)))
        {
            var sizes = await MeasureAsync(name, settle);
            empty ??= sizes;
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"| {name} | {Mega(sizes.Started)} | {Mega(sizes.Started - empty.Started)} | {Mega(sizes.Worked)} | {Mega(sizes.Worked - empty.Started)} | {Mega(sizes.HeapStarted)}, {Mega(sizes.HeapWorked)} | {Mega(sizes.Most)} |"));
        }
        return 0;
    }

    /// <summary>What the command line says; null when it is not understood.</summary>
    public static (TimeSpan Settle, string[] Only)? Parse(string[] args)
    {
        var (settle, only) = (TimeSpan.FromSeconds(10), Array.Empty<string>());
        for (var i = 0; i < args.Length; i += 2)
        {
            switch (args[i..Math.Min(i + 2, args.Length)])
            {
                case ["--settle", var text] when int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds) && seconds is >= 1 and <= 60:
                    settle = TimeSpan.FromSeconds(seconds);
                    break;
                case ["--only", var text] when text.Split(',') is var names && names.All(All.Split(',').Contains):
                    only = names;
                    break;
                default:
                    return null;
            }
        }
        return (settle, only);
    }

    private static async Task<Sizes> MeasureAsync(string name, TimeSpan settle)
    {
        var (farms, policies) = name switch
        {
            "empty" => (0, Array.Empty<string>()),
            "small" => (1, ["round_robin"]),
            "mix" => (Farms, Policies),
            _ => (Farms, [name]),
        };
        await using var fleet = await LargeFleet.StartAsync(farms, MembersOfEach, policies);
        await Task.Delay(settle, TimeProvider.System);
        var (started, heap) = (fleet.Memory, await fleet.HeapAsync());
        if (farms > 0)
        {
            await fleet.WorkAsync(Reports * Farms / farms, Decisions * Farms / farms);
            await Task.Delay(settle, TimeProvider.System);
        }
        return new Sizes(started, fleet.Memory, heap, await fleet.HeapAsync(), fleet.MostMemory);
    }

    private static string Mega(long bytes) => (bytes / 1e6).ToString("0", CultureInfo.InvariantCulture);

    /// <summary>In bytes.</summary>
    private sealed record Sizes(long Started, long Worked, long HeapStarted, long HeapWorked, long Most);
}
