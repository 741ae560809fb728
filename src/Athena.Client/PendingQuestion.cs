using Athena.V1;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;

namespace Athena.Client;

/// <summary>A question on the shared stream, until it is answered or given up.</summary>
internal abstract class PendingQuestion(ulong id, BalanceRequest request, long askedAt)
{
    /// <summary>Its number on the stream.</summary>
    public ulong Id { get; } = id;

    /// <summary>When it was asked, before it was sent; or since when its asker had been waiting by then.</summary>
    public long AskedAt { get; } = askedAt;

    /// <summary>Whether nobody waits any more.</summary>
    public abstract bool IsOver { get; }

    /// <summary>Writes it as it is sent: every field.</summary>
    public virtual void Write(BalanceQuestion question) => (question.Id, question.Request, question.Count, question.Keep) = (Id, request, 0, null);

    public abstract void Fail(StatusCode code, string detail);

    /// <summary>Takes an answer, of which only the decisions may be kept.</summary>
    /// <returns>Whether somebody still waited for it.</returns>
    public abstract bool Take(BalanceStreamAnswer answer);

    protected static AthenaException ErrorOf(BalanceStreamAnswer answer) => new((answer.Error ?? new()).ToRpcException());

    protected static AthenaException ErrorOf(StatusCode code, string detail) => new(new RpcException(new Status(code, detail)));
}

/// <summary>For one decision.</summary>
internal sealed class OneDecision(ulong id, BalanceRequest request, long askedAt) : PendingQuestion(id, request, askedAt)
{
    public TaskCompletionSource<BalanceResponse> Answer { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public override bool IsOver => Answer.Task.IsCompleted;

    public override void Fail(StatusCode code, string detail)
    {
        if (!IsOver)
        {
            Answer.TrySetException(ErrorOf(code, detail));
        }
    }

    public override bool Take(BalanceStreamAnswer answer) =>
        answer.Decisions.Count > 0 ? Answer.TrySetResult(answer.Decisions[0]) : Answer.TrySetException(ErrorOf(answer));
}

/// <summary>For several decisions, to be used within some time.</summary>
internal sealed class KeptDecisions(ulong id, BalanceRequest request, long askedAt, int count, Duration keep) : PendingQuestion(id, request, askedAt)
{
    public TaskCompletionSource<IReadOnlyList<BalanceResponse>> Answer { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public override bool IsOver => Answer.Task.IsCompleted;

    public override void Write(BalanceQuestion question)
    {
        base.Write(question);
        (question.Count, question.Keep) = ((uint)count, keep);
    }

    public override void Fail(StatusCode code, string detail)
    {
        if (!IsOver)
        {
            Answer.TrySetException(ErrorOf(code, detail));
        }
    }

    public override bool Take(BalanceStreamAnswer answer) =>
        answer.Decisions.Count > 0 ? Answer.TrySetResult([.. answer.Decisions]) : Answer.TrySetException(ErrorOf(answer));
}
