using System.Collections.Concurrent;
using Athena.Testing;

namespace Athena.Integration.Tests.Resolution;

/// <summary>Visitors who ask again as soon as they are answered, until told to stop.</summary>
internal sealed class Load : IAsyncDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly Task[] _visitors;
    private long _answered;
    private long _local;

    public Load(HttpClient gateway, int visitors, Func<Action<HttpResponseMessage>>? before = null, HttpMethod? method = null) =>
        _visitors = [.. Enumerable.Range(0, visitors).Select(_ => Task.Run(() => VisitAsync(gateway, before, method ?? HttpMethod.Get)))];

    /// <summary>What was not answered with 200.</summary>
    public ConcurrentQueue<string> Failures { get; } = new();

    public long Answered => Interlocked.Read(ref _answered);

    /// <summary>Answers that the gateway decided for by itself.</summary>
    public long Local => Interlocked.Read(ref _local);

    public bool? LastWasLocal { get; private set; }

    public Task UntilAsync(Func<Load, bool> wanted) => Deadline.UntilAsync(() => Task.FromResult(this), wanted);

    public async Task StopAsync()
    {
        await _stop.CancelAsync();
        await Task.WhenAll(_visitors);
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _stop.Dispose();
    }

    public override string ToString() => $"{Answered} answered, {Local} of them by local decisions, {Failures.Count} failed: {string.Join(", ", Failures.Take(5))}";

    private async Task VisitAsync(HttpClient gateway, Func<Action<HttpResponseMessage>>? before, HttpMethod method)
    {
        while (!_stop.IsCancellationRequested)
        {
            var after = before?.Invoke();
            try
            {
                using var request = new HttpRequestMessage(method, "/");
                using var answer = await gateway.SendAsync(request);
                if (!answer.IsSuccessStatusCode)
                {
                    Failures.Enqueue($"{(int)answer.StatusCode} {await answer.Content.ReadAsStringAsync()}");
                }
                else
                {
                    after?.Invoke(answer);
                }
                LastWasLocal = answer.Headers.Contains("Athena-Resolution");
                Interlocked.Add(ref _local, LastWasLocal == true ? 1 : 0);
                Interlocked.Increment(ref _answered);
            }
            catch (HttpRequestException e)
            {
                Failures.Enqueue(e.Message);
            }
        }
    }
}
