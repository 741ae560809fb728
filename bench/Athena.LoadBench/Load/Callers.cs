using System.Diagnostics;
using Athena.Client;
using Athena.V1;

namespace Athena.LoadBench.Load;

/// <summary>Callers in this process who ask one after another: by a call each, or all over one shared stream.</summary>
internal sealed class Callers : IAsyncDisposable
{
    private const int Count = 64;

    private readonly AthenaClient _client;
    private readonly SharedStreamClient _stream;

    public Callers(string address)
    {
        _client = new AthenaClient(new AthenaClientOptions { Addresses = [address], Timeout = TimeSpan.FromSeconds(30) });
        _stream = new SharedStreamClient(_client);
    }

    public Task<LoadResult> UnaryAsync(TimeSpan duration) => AskAsync(request => _client.BalanceAsync(request), duration);

    public Task<LoadResult> StreamAsync(TimeSpan duration) => AskAsync(request => _stream.BalanceAsync(request), duration);

    public async ValueTask DisposeAsync()
    {
        await _stream.DisposeAsync();
        _client.Dispose();
    }

    private static async Task<LoadResult> AskAsync(Func<BalanceRequest, Task<BalanceResponse>> ask, TimeSpan duration)
    {
        var watch = Stopwatch.StartNew();
        var asked = await Task.WhenAll(Enumerable.Range(0, Count).Select(_ => Task.Run(async () =>
        {
            var request = new BalanceRequest { Farm = Contest.Farm };
            var count = 0L;
            while (watch.Elapsed < duration)
            {
                await ask(request);
                count++;
            }
            return count;
        })));
        return new LoadResult(asked.Sum(), asked.Sum() / watch.Elapsed.TotalSeconds);
    }
}
