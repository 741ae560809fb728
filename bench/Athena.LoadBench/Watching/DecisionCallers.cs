using System.Globalization;
using Athena.V1;
using Grpc.Net.Client;

namespace Athena.LoadBench.Watching;

/// <summary>A process of callers whose waits for decisions are measured: four, each a decision, a short rest, and so on. `begin` and `end` bound what counts.</summary>
internal static class DecisionCallers
{
    public const string Verb = "watch-callers";

    private const int Callers = 4;

    public static async Task RunAsync(int port)
    {
        using var channel = GrpcChannel.ForAddress($"http://127.0.0.1:{port.ToString(CultureInfo.InvariantCulture)}");
        var balancer = new BalancerService.BalancerServiceClient(channel);
        await balancer.BalanceAsync(new BalanceRequest { Farm = Stage.Steady });
        Console.WriteLine("ready");
        while (await Console.In.ReadLineAsync() is not null)
        {
            using var ending = new CancellationTokenSource();
            var callers = Enumerable.Range(0, Callers).Select(_ => DecideAsync(balancer, ending.Token)).ToArray();
            Console.WriteLine("begun");
            await Console.In.ReadLineAsync();
            await ending.CancelAsync();
            var times = (await Task.WhenAll(callers)).SelectMany(t => t).Order().ToArray();
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{times[times.Length / 2]:F2} | {times[times.Length * 99 / 100]:F2} | {times[^1]:F1} | {times.Length}"));
        }
    }

    /// <summary>Times are from the call to the answer, in milliseconds.</summary>
    private static async Task<List<double>> DecideAsync(BalancerService.BalancerServiceClient balancer, CancellationToken ending)
    {
        var times = new List<double>();
        while (!ending.IsCancellationRequested)
        {
            var begun = TimeProvider.System.GetTimestamp();
            await balancer.BalanceAsync(new BalanceRequest { Farm = Stage.Steady }, cancellationToken: CancellationToken.None);
            times.Add(TimeProvider.System.GetElapsedTime(begun).TotalMilliseconds);
            await Task.Delay(TimeSpan.FromMilliseconds(1), TimeProvider.System, CancellationToken.None);
        }
        return times;
    }
}
