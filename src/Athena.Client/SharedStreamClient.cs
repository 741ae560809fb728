using System.Threading.Channels;
using Athena.V1;
using Google.Protobuf.Collections;
using Google.Protobuf.WellKnownTypes;
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
    private const int MostOutcomesKept = 100_000;

    /// <summary>So many outcomes that may wait a little are sent at once.</summary>
    private const int ManyOutcomes = 256;

    /// <summary>How long an outcome may wait for others: a message for each costs more than the decision did.</summary>
    private static readonly TimeSpan ALittle = TimeSpan.FromMilliseconds(5);

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan Farewell = TimeSpan.FromSeconds(2);

    private readonly CallInvoker _service;
    private readonly TimeProvider _time;
    private readonly ILogger<SharedStreamClient> _logger;
    private readonly Channel<PendingQuestion> _questions = Channel.CreateUnbounded<PendingQuestion>(new() { SingleReader = true });
    private readonly Channel<Outcome> _outcomes = Channel.CreateBounded<Outcome>(new BoundedChannelOptions(MostOutcomesKept) { FullMode = BoundedChannelFullMode.DropOldest, SingleReader = true });
    private readonly WakeUp _writer = new();
    private readonly AskedQuestions _asked = new();
    private readonly AnswerDeadlines _deadlines;
    private readonly CancellationTokenSource _ended = new();
    private readonly Task _running;
    private ulong _lastId;
    private readonly ITimer _soon;
    private int _outcomesToCome;
    private volatile bool _isDown;

    /// <summary>A stream over a client's channel; it opens with the first question or outcome.</summary>
    public SharedStreamClient(AthenaClient client, TimeProvider? time = null, ILogger<SharedStreamClient>? logger = null)
    {
        ArgumentNullException.ThrowIfNull(client);
        _service = client.Channel.CreateCallInvoker();
        _time = time ?? TimeProvider.System;
        _deadlines = new AnswerDeadlines(_asked, client.Timeout, _time);
        _logger = logger ?? NullLogger<SharedStreamClient>.Instance;
        _soon = _time.CreateTimer(static client => ((SharedStreamClient)client!)._writer.Call(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        _running = Task.Run(RunAsync);
    }

    /// <summary>Asks for a server.</summary>
    /// <exception cref="AthenaException">Nobody can serve, there is no such farm, or the service was not reached or did not answer in time.</exception>
    public Task<BalanceResponse> BalanceAsync(BalanceRequest request, CancellationToken cancellation = default) => BalanceAsync(request, _time.GetTimestamp(), cancellation);

    /// <summary>Asks for a server, for somebody who has waited since then: the time-out counts from there.</summary>
    /// <exception cref="AthenaException">As above.</exception>
    internal Task<BalanceResponse> BalanceAsync(BalanceRequest request, long since, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(request);
        var pending = new OneDecision(Interlocked.Increment(ref _lastId), request, since);
        Ask(pending);
        return cancellation.CanBeCanceled ? WithCancellationAsync(pending, cancellation) : pending.Answer;
    }

    /// <summary>Asks for several decisions, to be used within some time of now.</summary>
    /// <exception cref="AthenaException">As above.</exception>
    internal Task<IReadOnlyList<BalanceResponse>> BalanceAheadAsync(BalanceRequest request, int count, TimeSpan keep)
    {
        var pending = new KeptDecisions(Interlocked.Increment(ref _lastId), request, _time.GetTimestamp(), count, Duration.FromTimeSpan(keep));
        Ask(pending);
        return pending.Answer;
    }

    /// <summary>Queues an outcome; never waits.</summary>
    public void Report(Outcome outcome)
    {
        if (_outcomes.Writer.TryWrite(outcome))
        {
            _writer.Call();
        }
    }

    /// <summary>Queues an outcome that travels with the next question, or with others within 5 ms; never waits.</summary>
    internal void ReportSoon(Outcome outcome)
    {
        if (!_outcomes.Writer.TryWrite(outcome))
        {
            return;
        }
        switch (Interlocked.Increment(ref _outcomesToCome))
        {
            case 1:
                _soon.Change(ALittle, Timeout.InfiniteTimeSpan);
                break;
            case ManyOutcomes:
                _writer.Call();
                break;
        }
    }

    /// <summary>Sends what waits, as long as the service takes it, and ends the stream.</summary>
    public async ValueTask DisposeAsync()
    {
        _questions.Writer.TryComplete();
        _outcomes.Writer.TryComplete();
        _writer.Call();
        await _running.WaitAsync(Farewell, _time).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await _ended.CancelAsync().ConfigureAwait(false);
        _writer.Call();
        await _running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await _deadlines.DisposeAsync().ConfigureAwait(false);
        await _soon.DisposeAsync().ConfigureAwait(false);
        _ended.Dispose();
    }

    private void Ask(PendingQuestion pending)
    {
        _asked.Add(pending);
        if (!_questions.Writer.TryWrite(pending))
        {
            _asked.Take(pending.Id);
            throw new ObjectDisposedException(nameof(SharedStreamClient));
        }
        _deadlines.Watch(pending);
        _writer.Call();
    }

    private static async Task<BalanceResponse> WithCancellationAsync(OneDecision pending, CancellationToken cancellation)
    {
        await using var registration = cancellation.UnsafeRegister(static (state, token) => ((OneDecision)state!).Cancel(token), pending).ConfigureAwait(false);
        return await pending.Answer.ConfigureAwait(false);
    }

    /// <summary>Takes the answers of a message and hands them out; one whose asker has gone gives its leases back.</summary>
    private void Take(RepeatedField<BalanceStreamAnswer> answers)
    {
        var (answered, count) = (new PendingQuestion[answers.Count], 0);
        foreach (var answer in answers)
        {
            if (_asked.Take(answer.Id) is { } pending && pending.Take(answer))
            {
                answered[count++] = pending;
                continue;
            }
            foreach (var unused in answer.Decisions.Where(d => d.Lease is not null))
            {
                Report(new Outcome { DecisionId = unused.DecisionId, Kind = OutcomeKind.Cancelled });
            }
        }
        if (count > 0)
        {
            new HandOut(answered, count, _writer).Begin();
        }
    }

    private async Task RunAsync()
    {
        while (!_outcomes.Reader.Completion.IsCompleted || !_questions.Reader.Completion.IsCompleted)
        {
            try
            {
                await _writer.WaitAsync().ConfigureAwait(false);
                _ended.Token.ThrowIfCancellationRequested();
                await ConverseAsync(_ended.Token).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (_ended.IsCancellationRequested)
            {
                FailAll(StatusCode.Cancelled, "the stream was closed");
                return;
            }
            catch (RpcException e)
            {
                if (!_isDown)
                {
                    // Once an outage, not with each attempt.
                    _isDown = true;
                    LogEnded(e.Status.Detail);
                }
                FailAll(StatusCode.Unavailable, e.Status.Detail);
                await Task.Delay(Pause, _time, _ended.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                // Whoever asked in between must not wait for the next pause.
                _writer.Call();
            }
        }
    }

    private async Task ConverseAsync(CancellationToken cancellation)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        using var call = _service.AsyncDuplexStreamingCall(StreamMethod.Make(), null, new CallOptions(cancellationToken: cancellation));
        var reading = ReadAsync(call.ResponseStream, ending);
        var message = new StreamMessage();
        // Whoever waits for questions also hears of the end.
        await using var end = ending.Token.UnsafeRegister(static writer => ((WakeUp)writer!).Call(), _writer).ConfigureAwait(false);
        try
        {
            while (true)
            {
                while (Collect(message))
                {
                    await call.RequestStream.WriteAsync(message, ending.Token).ConfigureAwait(false);
                    message.Clear();
                }
                if (_outcomes.Reader.Completion.IsCompleted && _questions.Reader.Completion.IsCompleted)
                {
                    await call.RequestStream.CompleteAsync().ConfigureAwait(false);
                    break;
                }
                await _writer.WaitAsync().ConfigureAwait(false);
                ending.Token.ThrowIfCancellationRequested();
            }
        }
        catch (Exception) when (!cancellation.IsCancellationRequested)
        {
            // The stream has ended, and the reader below says why: by gRPC, HTTP or the socket, whichever saw it first. If it has not, it ends now.
            await reading.WaitAsync(Farewell, _time, CancellationToken.None).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            await ending.CancelAsync().ConfigureAwait(false);
        }
        await reading.ConfigureAwait(false);
        if (!_outcomes.Reader.Completion.IsCompleted)
        {
            throw new RpcException(new Status(StatusCode.Unavailable, "the service ended the stream"));
        }
    }

    /// <summary>Puts what waits into a message.</summary>
    /// <returns>Whether anything did.</returns>
    private bool Collect(StreamMessage message)
    {
        while (message.TakesQuestions && _questions.Reader.TryRead(out var pending))
        {
            if (pending.IsOver)
            {
                // Its asker has gone before it was sent.
                _asked.Take(pending.Id);
                continue;
            }
            pending.Write(message);
        }
        // Whoever comes from now on winds the clock again.
        Volatile.Write(ref _outcomesToCome, 0);
        while (message.TakesOutcomes && _outcomes.Reader.TryRead(out var outcome))
        {
            message.Add(outcome);
        }
        return !message.IsEmpty;
    }

    private async Task ReadAsync(IAsyncStreamReader<BalanceStreamResponse> responses, CancellationTokenSource ending)
    {
        try
        {
            // Refused outcomes are read over: a lease that expired meanwhile is nobody's fault.
            while (await responses.MoveNext(ending.Token).ConfigureAwait(false))
            {
                _isDown = false;
                Take(responses.Current.Answers);
            }
        }
        finally
        {
            await ending.CancelAsync().ConfigureAwait(false);
        }
    }

    private void FailAll(StatusCode code, string detail)
    {
        foreach (var asked in _asked.All)
        {
            asked.Fail(code, detail);
            _asked.Take(asked.Id);
        }
    }

    [LoggerMessage(5001, LogLevel.Information, "The stream of decisions ended ({Status}); it is opened again when the service is there")]
    private partial void LogEnded(string status);
}
