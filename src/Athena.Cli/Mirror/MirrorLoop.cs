using System.Threading.Channels;
using Athena.Cli.Calls;
using Grpc.Core;

namespace Athena.Cli.Mirror;

/// <summary>Mirrors as long as it runs: follows the fleet streams of both ends, and begins anew when one of them breaks.</summary>
internal sealed class MirrorLoop(Session source, Session target, bool statesOnly, Func<IReadOnlyList<Copied>, Task> tell, Func<string, Task> say)
{
    private static readonly TimeSpan ShortestPause = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan EchoWait = TimeSpan.FromSeconds(2);

    /// <summary>Runs until the session's token ends it.</summary>
    public async Task RunAsync()
    {
        var cancellation = source.Cancellation;
        var (pause, lost) = (ShortestPause, false);
        while (!cancellation.IsCancellationRequested)
        {
            try
            {
                await FollowAsync(async () =>
                {
                    if (lost)
                    {
                        await say("both are back");
                    }
                    (pause, lost) = (ShortestPause, false);
                });
            }
            catch (Exception e) when (cancellation.IsCancellationRequested && e is OperationCanceledException or RpcException)
            {
                return;
            }
            catch (EndLost e)
            {
                if (!lost)
                {
                    await say($"{e.Message}; trying again until it is back");
                }
                lost = true;
            }
            await Task.Delay(pause, source.Terminal.Time, cancellation).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            pause = TimeSpan.FromTicks(Math.Min(pause.Ticks * 2, LongestPause.Ticks));
        }
    }

    private async Task FollowAsync(Func<Task> begun)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(source.Cancellation);
        var (from, to) = (new FleetView(), new FleetView());
        var steps = Channel.CreateBounded<(FleetView View, V1.WatchFleetResponse Step)>(100);
        Task[] readers = [ReadAsync(source, from, steps.Writer, ending.Token), ReadAsync(target, to, steps.Writer, ending.Token)];
        var copier = new Copier(source, target, statesOnly);
        var seen = new HashSet<FleetView>();
        try
        {
            while (true)
            {
                await TakeAsync(steps.Reader, seen, readers, ending.Token);
                if (seen.Count < 2)
                {
                    continue;
                }
                await begun();
                var done = await AtAsync(() => copier.CopyAsync(from, to));
                await tell(done);
                await EchoAsync(copier, to, steps.Reader, seen, readers, ending.Token);
            }
        }
        finally
        {
            await ending.CancelAsync();
            await Task.WhenAll(readers).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>Waits until the target tells of what was just written, so that it is not written again.</summary>
    private static async Task EchoAsync(Copier copier, FleetView to, ChannelReader<(FleetView View, V1.WatchFleetResponse Step)> steps, HashSet<FleetView> seen, Task[] readers, CancellationToken cancellation)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        patience.CancelAfter(EchoWait);
        try
        {
            while (to.Revision < copier.Written)
            {
                await TakeAsync(steps, seen, readers, patience.Token);
            }
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            // It says nothing of it; the next step compares again.
        }
    }

    /// <summary>Takes the next step, and all that wait behind it.</summary>
    private static async Task TakeAsync(ChannelReader<(FleetView View, V1.WatchFleetResponse Step)> steps, HashSet<FleetView> seen, Task[] readers, CancellationToken cancellation)
    {
        var next = steps.WaitToReadAsync(cancellation).AsTask();
        // A reader ends only by failing.
        await await Task.WhenAny([next, .. readers]);
        await next;
        while (steps.TryRead(out var taken))
        {
            taken.View.Take(taken.Step);
            seen.Add(taken.View);
        }
    }

    private static async Task ReadAsync(Session session, FleetView view, ChannelWriter<(FleetView View, V1.WatchFleetResponse Step)> steps, CancellationToken cancellation)
    {
        try
        {
            using var call = session.Watch.WatchFleet(new(), cancellationToken: cancellation);
            while (await call.ResponseStream.MoveNext(cancellation))
            {
                await steps.WriteAsync((view, call.ResponseStream.Current), cancellation);
            }
        }
        catch (RpcException e) when (!cancellation.IsCancellationRequested)
        {
            throw new EndLost(Faults.Explain(e, session.Address).Lines[0]);
        }
        throw new EndLost($"{session.Address} ended the stream");
    }

    private async Task<T> AtAsync<T>(Func<Task<T>> work)
    {
        try
        {
            return await work();
        }
        catch (RpcException e) when (!source.Cancellation.IsCancellationRequested)
        {
            throw new EndLost($"{source.Address} or {target.Address} failed: {e.StatusCode} {e.Status.Detail}");
        }
    }

    /// <summary>One end is away.</summary>
    private sealed class EndLost(string message) : Exception(message);
}
