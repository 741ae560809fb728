using Athena.V1;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;

namespace Athena.Client;

/// <summary>A question on the shared stream, until it is answered or given up.</summary>
internal abstract class PendingQuestion(ulong id, long askedAt)
{
    private int _isOver;

    /// <summary>Its number on the stream.</summary>
    public ulong Id { get; } = id;

    /// <summary>When it was asked, before it was sent; or since when its asker had been waiting by then.</summary>
    public long AskedAt { get; } = askedAt;

    /// <summary>Whether it was answered or given up.</summary>
    public bool IsOver => Volatile.Read(ref _isOver) != 0;

    /// <summary>Adds it to a message.</summary>
    public abstract void Write(StreamMessage message);

    /// <summary>Takes an answer, of which only the decisions may be kept; its asker gets it with <see cref="Complete"/>.</summary>
    /// <returns>Whether somebody still waited for it.</returns>
    public bool Take(BalanceStreamAnswer answer)
    {
        if (!TryEnd())
        {
            return false;
        }
        Keep(answer);
        return true;
    }

    /// <summary>Gives its asker what was taken. The asker goes on here, before this returns.</summary>
    public abstract void Complete();

    /// <summary>Gives it up; its asker goes on elsewhere.</summary>
    public void Fail(StatusCode code, string detail)
    {
        if (TryEnd())
        {
            ThreadPool.UnsafeQueueUserWorkItem(static end => end.Question.Throw(end.Error), (Question: this, Error: new AthenaException(new RpcException(new Status(code, detail)))), preferLocal: true);
        }
    }

    /// <summary>Gives it up for its asker, who goes on elsewhere.</summary>
    public void Cancel(CancellationToken cancellation)
    {
        if (TryEnd())
        {
            ThreadPool.UnsafeQueueUserWorkItem(static end => end.Question.Stop(end.cancellation), (Question: this, cancellation), preferLocal: true);
        }
    }

    protected static AthenaException ErrorOf(BalanceStreamAnswer answer) => new((answer.Error ?? new()).ToRpcException());

    protected abstract void Keep(BalanceStreamAnswer answer);

    protected abstract void Throw(AthenaException error);

    protected abstract void Stop(CancellationToken cancellation);

    /// <summary>Of an answer, a time-out, a lost stream and its asker, one ends it.</summary>
    private bool TryEnd() => Interlocked.Exchange(ref _isOver, 1) == 0;
}

/// <summary>One whose asker waits for something.</summary>
internal abstract class PendingQuestion<T>(ulong id, long askedAt) : PendingQuestion(id, askedAt)
    where T : class
{
    // Continuations run where it is completed: HandOut sees to it that they hold up nobody.
    private readonly TaskCompletionSource<T> _answer = new();
    private T? _taken;
    private AthenaException? _error;

    public Task<T> Answer => _answer.Task;

    public override void Complete()
    {
        if (_taken is not null)
        {
            _answer.SetResult(_taken);
        }
        else
        {
            _answer.SetException(_error!);
        }
    }

    protected override void Keep(BalanceStreamAnswer answer)
    {
        if (answer.Decisions.Count > 0)
        {
            _taken = Taken(answer);
        }
        else
        {
            _error = ErrorOf(answer);
        }
    }

    protected override void Throw(AthenaException error) => _answer.SetException(error);

    protected override void Stop(CancellationToken cancellation) => _answer.SetCanceled(cancellation);

    /// <summary>What of an answer with decisions is kept.</summary>
    protected abstract T Taken(BalanceStreamAnswer answer);
}

/// <summary>For one decision.</summary>
internal sealed class OneDecision(ulong id, BalanceRequest request, long askedAt) : PendingQuestion<BalanceResponse>(id, askedAt)
{
    public override void Write(StreamMessage message) => message.Add(Id, request, 0, null);

    protected override BalanceResponse Taken(BalanceStreamAnswer answer) => answer.Decisions[0];
}

/// <summary>For several decisions, to be used within some time.</summary>
internal sealed class KeptDecisions(ulong id, BalanceRequest request, long askedAt, int count, Duration keep) : PendingQuestion<IReadOnlyList<BalanceResponse>>(id, askedAt)
{
    public override void Write(StreamMessage message) => message.Add(Id, request, count, keep);

    protected override IReadOnlyList<BalanceResponse> Taken(BalanceStreamAnswer answer) => [.. answer.Decisions];
}
