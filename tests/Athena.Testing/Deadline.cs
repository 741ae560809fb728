namespace Athena.Testing;

/// <summary>How long a test waits for something that must happen: long enough for a slow machine, for it is no measurement.</summary>
public static class Deadline
{
    public static readonly TimeSpan Generous = TimeSpan.FromSeconds(60);

    /// <summary>A token that ends a wait that must not be.</summary>
    public static CancellationToken Token() => new CancellationTokenSource(Generous).Token;

    /// <summary>Asks again until the answer is as wanted; for what has no signal to wait for.</summary>
    public static async Task<T> UntilAsync<T>(Func<Task<T>> ask, Func<T, bool> wanted)
    {
        var end = Token();
        while (true)
        {
            var answer = await ask().WaitAsync(Generous);
            if (wanted(answer))
            {
                return answer;
            }
            if (end.IsCancellationRequested)
            {
                throw new TimeoutException($"Still {answer} after {Generous.TotalSeconds} s.");
            }
            await Task.Delay(TimeSpan.FromMilliseconds(10), end);
        }
    }
}
