using System.Globalization;
using Athena.LoadBench.Load;
using Athena.LoadBench.Servers;
using Athena.V1;
using Grpc.Net.Client;

namespace Athena.LoadBench;

/// <summary>Starts all servers, sees that they answer alike, runs the rounds and prints the table.</summary>
internal static class Harness
{
    /// <summary>Length of the round that warms up, in rounds that count.</summary>
    private const int WarmUps = 2;

    /// <summary>A round that other programs disturb is run again; after so many times the rounds wanted, the least disturbed count.</summary>
    private const int Patience = 3;

    public static async Task<int> RunAsync(LoadOptions options)
    {
        await using var all = await Contenders.StartAsync();
        await CheckAsync(all);
        await using var callers = new Callers(GrpcUrl(all, all.Service));
        await using var local = new Callers($"unix:{all.ServiceSocket}");
        Side Text(ServerProcess server) => new(server, duration => LoadTool.WrkAsync(server.Url + Contest.ClassicPath + Contest.ClassicQuery, duration));
        Side Unary(ServerProcess server) => new(server, duration => LoadTool.H2loadAsync(GrpcUrl(all, server) + Contest.UnaryPath, all.BodyFile, duration));
        Comparison[] comparisons =
        [
            new("classic GET / bare text", 0.7, Text(all.Service), Text(all.Text)),
            new("unary Balance / bare unary", 0.9, Unary(all.Service), Unary(all.Grpc)),
            new("shared stream / unary, one .NET client with 64 callers", 8, new(all.Service, callers.StreamAsync), new(all.Service, callers.UnaryAsync)),
            new("shared stream / unary, the same over a Unix socket", 8, new(all.Service, local.StreamAsync), new(all.Service, local.UnaryAsync)),
        ];
        comparisons = Array.FindAll(comparisons, c => c.Name.StartsWith(options.Only, StringComparison.Ordinal));
        foreach (var comparison in comparisons)
        {
            await comparison.WarmUpAsync(options.Duration * WarmUps);
        }
        for (var round = 1; round <= options.Rounds * Patience && comparisons.Any(c => c.QuietRounds < options.Rounds); round++)
        {
            foreach (var comparison in comparisons.Where(c => c.QuietRounds < options.Rounds))
            {
                await comparison.RoundAsync(options.Duration);
            }
            await Console.Error.WriteLineAsync($"round {round}; quiet: {string.Join(", ", comparisons.Select(c => c.QuietRounds))} of {options.Rounds}");
        }
        foreach (var comparison in comparisons)
        {
            comparison.KeepQuietest(options.Rounds);
        }
        Print(options, comparisons);
        return 0;
    }

    /// <summary>Load tools count what failed in a trailer or in the text as answered; one request of each kind shows that nothing does.</summary>
    private static async Task CheckAsync(Contenders all)
    {
        using var http = new HttpClient();
        foreach (var server in new[] { all.Service, all.Text })
        {
            var answer = await http.GetStringAsync(new Uri(server.Url + Contest.ClassicPath + Contest.ClassicQuery));
            Require(answer.StartsWith("127.0.0.1:900", StringComparison.Ordinal), server, answer);
        }
        foreach (var server in new[] { all.Service, all.Grpc })
        {
            using var channel = GrpcChannel.ForAddress(GrpcUrl(all, server));
            var answer = await new BalancerService.BalancerServiceClient(channel).BalanceAsync(new BalanceRequest { Farm = Contest.Farm });
            Require(answer.Farm == Contest.Farm && answer.Address.Length > 0, server, answer.ToString());
        }
    }

    private static void Require(bool good, ServerProcess server, string answer)
    {
        if (!good)
        {
            throw new InvalidOperationException($"{server.Name} answers '{answer}'");
        }
    }

    private static string GrpcUrl(Contenders all, ServerProcess server) =>
        server == all.Service ? $"http://127.0.0.1:{all.ServiceGrpcPort.ToString(CultureInfo.InvariantCulture)}" : server.Url;

    private static void Print(LoadOptions options, Comparison[] comparisons)
    {
        Console.WriteLine($"{options.Rounds} rounds of {options.Duration.TotalSeconds} s, {Environment.ProcessorCount} cores; medians of the ratios inside a round, in brackets the least and most. Of disturbed rounds only the quietest count.");
        Console.WriteLine();
        Console.WriteLine("| comparison | requests/s ratio | goal | CPU/request ratio | service: req/s, CPU µs | bare: req/s, CPU µs | foreign CPU |");
        Console.WriteLine("| --- | --- | --- | --- | --- | --- | --- |");
        foreach (var c in comparisons)
        {
            var (rate, cost) = (c.RateRatio, c.CostRatio);
            Console.WriteLine($"| {c.Name} | **{rate.Median:0.00}** ({rate.Least:0.00}-{rate.Most:0.00}) | >= {c.Goal:0.#} | {cost.Median:0.00} ({cost.Least:0.00}-{cost.Most:0.00}) | {c.Service.PerSecond:N0}, {c.Service.Microseconds:0.0} | {c.Bare.PerSecond:N0}, {c.Bare.Microseconds:0.0} | {Math.Max(c.Service.Foreign, c.Bare.Foreign):P0} |");
        }
    }
}
