using System.Collections.Concurrent;
using System.Threading.Channels;
using Athena.V1;
using Grpc.Core;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Athena.Client;

/// <summary>Decisions and outcomes over one long stream: those that wait at the same moment travel in one message, in both directions.</summary>
/// <remarks>
/// Many times cheaper than a call for each decision when many callers ask at once. Leases made on the stream end with it. While the service is away questions fail
/// at once and the newest 100,000 outcomes are kept; leases whose outcome is lost end by their time-out. Safe from any thread.
/// </remarks>
public sealed partial class SharedStreamClient : IAsyncDisposable
{
    private const int MostQuestions = 1000;
    private const int MostOutcomes = 1000;
    private const int MostOutcomesKept = 100_000;
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan Farewell = TimeSpan.FromSeconds(2);

    private readonly BalancerService.BalancerServiceClient _balancer;
    private readonly TimeSpan _timeout;
    private readonly TimeProvider _time;
    private readonly ILogger<SharedStreamClient> _logger;
    private readonly Channel<Pending> _questions = Channel.CreateUnbounded<Pending>(new() { SingleReader = true });
    private readonly Channel<Outcome> _outcomes = Channel.CreateBounded<Outcome>(new BoundedChannelOptions(MostOutcomesKept) { FullMode = BoundedChannelFullMode.DropOldest, SingleReader = true });
    private readonly SemaphoreSlim _something = new(0);
    private readonly ConcurrentDictionary<ulong, Pending> _asked = new();
    private readonly CancellationTokenSource _ended = new();
    private readonly Task _running;
    private ulong _lastId;
    private int _signalled;

    /// <summary>A stream over a client's channel; it opens with the first question or outcome.</summary>
    public SharedStreamClient(AthenaClient client, TimeProvider? time = null, ILogger<SharedStreamClient>? logger = null)
    {
        ArgumentNullException.ThrowIfNull(client);
        _balancer = new BalancerService.BalancerServiceClient(client.Channel);
        _timeout = client.Timeout;
        _time = time ?? TimeProvider.System;
        _logger = logger ?? NullLogger<SharedStreamClient>.Instance;
        _running = Task.Run(RunAsync);
    }

    /// <summary>Asks for a server.</summary>
    /// <exception cref="AthenaException">Nobody can serve, there is no such farm, or the service was not reached or did not answer in time.</exception>
    public async Task<BalanceResponse> BalanceAsync(BalanceRequest request, CancellationToken cancellation = default)
    {
        var pending = new Pending(Interlocked.Increment(ref _lastId), request);
        ObjectDisposedException.ThrowIf(!_questions.Writer.TryWrite(pending), this);
        Wake();
        try
        {
            return await pending.Answer.Task.WaitAsync(_timeout, _time, cancellation).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            throw new AthenaException(new RpcException(new Status(StatusCode.DeadlineExceeded, "the service did not answer in time")));
        }
        finally
        {
            GiveBackIfUnused(pending);
        }
    }

    /// <summary>Queues an outcome; never waits.</summary>
    public void Report(Outcome outcome)
    {
        if (_outcomes.Writer.TryWrite(outcome))
        {
            Wake();
        }
    }

    /// <summary>Sends what waits, as long as the service takes it, and ends the stream.</summary>
    public async ValueTask DisposeAsync()
    {
        _questions.Writer.TryComplete();
        _outcomes.Writer.TryComplete();
        Wake();
        await _running.WaitAsync(Farewell, _time).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await _ended.CancelAsync().ConfigureAwait(false);
        await _running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _ended.Dispose();
        _something.Dispose();
    }

    private void Wake()
    {
        if (Interlocked.Exchange(ref _signalled, 1) == 0)
        {
            _something.Release();
        }
    }

    private async Task SomethingAsync(CancellationToken cancellation)
    {
        await _something.WaitAsync(cancellation).ConfigureAwait(false);
        // Whoever comes from now on signals again: at worst the writer looks once in vain.
        Volatile.Write(ref _signalled, 0);
    }

    /// <summary>An answer that came after its caller had gone: its lease is given back.</summary>
    private void GiveBackIfUnused(Pending pending)
    {
        if (!pending.Answer.Task.IsCompleted)
        {
            pending.Answer.Task.ContinueWith(
                answer => Report(new Outcome { DecisionId = answer.Result.DecisionId, Kind = OutcomeKind.Cancelled }),
                CancellationToken.None, TaskContinuationOptions.OnlyOnRanToCompletion, TaskScheduler.Default);
        }
    }

    private async Task RunAsync()
    {
        while (!_outcomes.Reader.Completion.IsCompleted || !_questions.Reader.Completion.IsCompleted)
        {
            try
            {
                await SomethingAsync(_ended.Token).ConfigureAwait(false);
                await ConverseAsync(_ended.Token).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (_ended.IsCancellationRequested)
            {
                FailAll(StatusCode.Cancelled, "the stream was closed");
                return;
            }
            catch (RpcException e)
            {
                LogEnded(e.Status.Detail);
                FailAll(StatusCode.Unavailable, e.Status.Detail);
                await Task.Delay(Pause, _time, _ended.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                // Whoever asked in between must not wait for the next pause.
                Wake();
            }
        }
    }

    private async Task ConverseAsync(CancellationToken cancellation)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        using var call = _balancer.BalanceStream(cancellationToken: cancellation);
        var reading = ReadAsync(call.ResponseStream, ending);
        try
        {
            while (true)
            {
                while (Collect() is { } message)
                {
                    await call.RequestStream.WriteAsync(message, ending.Token).ConfigureAwait(false);
                }
                if (_outcomes.Reader.Completion.IsCompleted && _questions.Reader.Completion.IsCompleted)
                {
                    await call.RequestStream.CompleteAsync().ConfigureAwait(false);
                    break;
                }
                await SomethingAsync(ending.Token).ConfigureAwait(false);
            }
        }
        catch (Exception e) when ((e is OperationCanceledException or RpcException or InvalidOperationException) && !cancellation.IsCancellationRequested)
        {
            // The stream has ended; the reader below says why.
        }
        await reading.ConfigureAwait(false);
        if (!_outcomes.Reader.Completion.IsCompleted)
        {
            throw new RpcException(new Status(StatusCode.Unavailable, "the service ended the stream"));
        }
    }

    private BalanceStreamRequest? Collect()
    {
        BalanceStreamRequest? message = null;
        for (var i = 0; i < MostQuestions && _questions.Reader.TryRead(out var pending); i++)
        {
            _asked[pending.Id] = pending;
            (message ??= new()).Questions.Add(new BalanceQuestion { Id = pending.Id, Request = pending.Request });
        }
        for (var i = 0; i < MostOutcomes && _outcomes.Reader.TryRead(out var outcome); i++)
        {
            (message ??= new()).Outcomes.Add(outcome);
        }
        return message;
    }

    private async Task ReadAsync(IAsyncStreamReader<BalanceStreamResponse> responses, CancellationTokenSource ending)
    {
        try
        {
            // Refused outcomes are read over: a lease that expired meanwhile is nobody's fault.
            while (await responses.MoveNext(ending.Token).ConfigureAwait(false))
            {
                foreach (var answer in responses.Current.Answers)
                {
                    if (_asked.TryRemove(answer.Id, out var pending))
                    {
                        pending.Take(answer);
                    }
                }
            }
        }
        finally
        {
            await ending.CancelAsync().ConfigureAwait(false);
        }
    }

    private void FailAll(StatusCode code, string detail)
    {
        while (_questions.Reader.TryRead(out var waiting))
        {
            waiting.Fail(code, detail);
        }
        foreach (var id in _asked.Keys)
        {
            if (_asked.TryRemove(id, out var asked))
            {
                asked.Fail(code, detail);
            }
        }
    }

    [LoggerMessage(5001, LogLevel.Information, "The stream of decisions ended ({Status}); it is opened again")]
    private partial void LogEnded(string status);

    private sealed class Pending(ulong id, BalanceRequest request)
    {
        public ulong Id { get; } = id;

        public BalanceRequest Request { get; } = request;

        public TaskCompletionSource<BalanceResponse> Answer { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public void Fail(StatusCode code, string detail) => Answer.TrySetException(new AthenaException(new RpcException(new Status(code, detail))));

        public void Take(BalanceStreamAnswer answer)
        {
            if (answer.Decisions.Count > 0)
            {
                Answer.TrySetResult(answer.Decisions[0]);
            }
            else
            {
                Answer.TrySetException(new AthenaException((answer.Error ?? new()).ToRpcException()));
            }
        }
    }
}
