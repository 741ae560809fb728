namespace Athena.Service.State.Etcd;

/// <summary>Hands on what the watch brought, to who waits for it.</summary>
internal sealed partial class EtcdStateStore
{
    private static readonly TimeSpan CatchUpTime = TimeSpan.FromSeconds(2);

    /// <summary>What was committed a moment ago comes within this, and etcd need not be asked whether it exists.</summary>
    private static readonly TimeSpan SurelyUnderWay = TimeSpan.FromMilliseconds(100);

    public async Task ChangedAsync(CancellationToken cancellation)
    {
        Task news;
        lock (_access)
        {
            if (_content is not null || _pending.Count > 0)
            {
                return;
            }
            news = _news.Task;
        }
        await news.WaitAsync(cancellation);
    }

    public async Task<StoreNews> NewsAsync(long since, long atLeast, CancellationToken cancellation)
    {
        var started = _time.GetTimestamp();
        var isAsked = false;
        while (true)
        {
            Task news;
            lock (_access)
            {
                if (_watched!.Revision >= atLeast)
                {
                    var content = _content is { } listed && listed.Version > since ? listed : null;
                    var commits = _pending.Where(c => c.Version.Revision > Math.Max(since, content?.Version ?? 0)).Select(c => new StoreCommit(c.Version.Revision, c.Changes)).ToArray();
                    _content = null;
                    _pending.Clear();
                    return new StoreNews(content, commits);
                }
                news = _news.Task;
            }
            var left = (isAsked ? CatchUpTime : SurelyUnderWay) - _time.GetElapsedTime(started);
            try
            {
                await news.WaitAsync(left > TimeSpan.Zero ? left : TimeSpan.Zero, _time, cancellation);
            }
            catch (TimeoutException) when (!isAsked)
            {
                isAsked = true;
                if (await AskRevisionAsync(cancellation) < atLeast)
                {
                    atLeast = 0;
                }
            }
            catch (TimeoutException e)
            {
                throw new StoreUnavailableException("the changes that others made do not come", e);
            }
        }
    }

    /// <summary>The revision of the last transaction anywhere, of etcd itself.</summary>
    /// <exception cref="StoreUnavailableException">Nobody can tell now.</exception>
    private async Task<long> AskRevisionAsync(CancellationToken cancellation)
    {
        lock (_access)
        {
            if (!_isAvailable)
            {
                throw new StoreUnavailableException("etcd does not answer");
            }
        }
        try
        {
            return (await PresentAsync(cancellation)).Version.Revision;
        }
        catch (StoreDamagedException e)
        {
            throw new StoreUnavailableException(e.Message, e);
        }
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private void Signal()
    {
        TaskCompletionSource waiting;
        lock (_access)
        {
            (waiting, _news) = (_news, NewSignal());
        }
        waiting.SetResult();
    }
}
