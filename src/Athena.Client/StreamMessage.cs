using System.Buffers;
using Athena.Protocol.Wire;
using Athena.V1;
using Google.Protobuf;
using Grpc.Core;

namespace Athena.Client;

/// <summary>A message of the shared stream, a `BalanceStreamRequest` written as its questions and outcomes come; one after another in the same buffer. Used by one thread at a time.</summary>
/// <remarks>The generated code makes an object of each question and counts the bytes of each message inside another anew.</remarks>
internal sealed class StreamMessage
{
    /// <summary>Most questions in a message, as the service takes them.</summary>
    private const int MostQuestions = 1000;

    /// <summary>Most outcomes in a message.</summary>
    private const int MostOutcomes = 1000;

    /// <summary>In bytes: one that has so many takes nothing more. The service takes messages of 4 MB.</summary>
    private const int Enough = 1 << 20;

    // Tags of what is written: number of the field · 8 + its wire type. All are of one byte.
    private const byte Questions = (BalanceStreamRequest.QuestionsFieldNumber << 3) | 2;
    private const byte Outcomes = (BalanceStreamRequest.OutcomesFieldNumber << 3) | 2;
    private const byte Id = BalanceQuestion.IdFieldNumber << 3;
    private const byte Request = (BalanceQuestion.RequestFieldNumber << 3) | 2;
    private const byte Count = BalanceQuestion.CountFieldNumber << 3;
    private const byte Keep = (BalanceQuestion.KeepFieldNumber << 3) | 2;

    private readonly ArrayBufferWriter<byte> _bytes = new(1024);
    private int _questions;
    private int _outcomes;

    /// <summary>Whether there is nothing to send.</summary>
    public bool IsEmpty => _bytes.WrittenCount == 0;

    /// <summary>Whether it takes another question.</summary>
    public bool TakesQuestions => _questions < MostQuestions && _bytes.WrittenCount < Enough;

    /// <summary>Whether it takes another outcome.</summary>
    public bool TakesOutcomes => _outcomes < MostOutcomes && _bytes.WrittenCount < Enough;

    /// <summary>Adds a question.</summary>
    /// <param name="id">Its number; not 0.</param>
    /// <param name="request">What it asks.</param>
    /// <param name="count">How many decisions; 0: one.</param>
    /// <param name="keep">How long they may be kept; null: they are used as they come.</param>
    public void Add(ulong id, BalanceRequest request, int count, IMessage? keep)
    {
        var (asked, kept) = (request.CalculateSize(), keep?.CalculateSize() ?? 0);
        var size = 1 + WireFields.SizeOf(id) + WireFields.SizeWith(asked) + (count == 0 ? 0 : 1 + WireFields.SizeOf((ulong)count)) + (keep is null ? 0 : WireFields.SizeWith(kept));
        var to = _bytes.GetSpan(WireFields.SizeWith(size));
        var at = WireFields.PutLength(to, 0, Questions, size);
        at = WireFields.Put(to, at, Id, id);
        at = Put(to, at, Request, request, asked);
        at = count == 0 ? at : WireFields.Put(to, at, Count, (ulong)count);
        at = keep is null ? at : Put(to, at, Keep, keep, kept);
        _bytes.Advance(at);
        _questions++;
    }

    /// <summary>Adds an outcome.</summary>
    public void Add(Outcome outcome)
    {
        var size = outcome.CalculateSize();
        _bytes.Advance(Put(_bytes.GetSpan(WireFields.SizeWith(size)), 0, Outcomes, outcome, size));
        _outcomes++;
    }

    /// <summary>Hands the bytes to the call that sends them.</summary>
    public void Write(SerializationContext context)
    {
        context.SetPayloadLength(_bytes.WrittenCount);
        context.GetBufferWriter().Write(_bytes.WrittenSpan);
        context.Complete();
    }

    /// <summary>It was sent: the next one begins.</summary>
    public void Clear()
    {
        _bytes.ResetWrittenCount();
        (_questions, _outcomes) = (0, 0);
    }

    private static int Put(Span<byte> to, int at, byte tag, IMessage message, int size)
    {
        at = WireFields.PutLength(to, at, tag, size);
        message.WriteTo(to.Slice(at, size));
        return at + size;
    }
}
