using System.Buffers;
using System.IO.Hashing;
using Athena.Protocol.Wire;
using Athena.V1;
using Google.Protobuf;

namespace Athena.Service.Contract;

/// <summary>Reads the messages of `BalanceStream`; questions that ask for the same share one request, which nobody may change.</summary>
/// <remarks>
/// Many ask for nothing but a farm, thousands of times a second, and a request costs 400 bytes and a parse each. Read by hand is only what has the usual form; all else, and
/// whatever is wrong, is left to the generated parser. Safe from any thread.
/// </remarks>
internal sealed class StreamQuestions
{
    /// <summary>Longest request that is kept, in bytes.</summary>
    public const int LongestKept = 128;

    /// <summary>Requests kept; a later one with the same remainder of its hash takes the place of the one before.</summary>
    private const int Places = 1024;

    // Tags of the fields that are read by hand: number of the field · 8 + its wire type.
    private const ulong Questions = (BalanceStreamRequest.QuestionsFieldNumber << 3) | 2;
    private const ulong Outcomes = (BalanceStreamRequest.OutcomesFieldNumber << 3) | 2;
    private const ulong Id = BalanceQuestion.IdFieldNumber << 3;
    private const ulong Request = (BalanceQuestion.RequestFieldNumber << 3) | 2;

    private readonly Kept?[] _kept = new Kept?[Places];
    private readonly ulong[] _askedOnce = new ulong[Places];

    /// <summary>The message.</summary>
    /// <exception cref="InvalidProtocolBufferException">The bytes are none.</exception>
    public BalanceStreamRequest Read(in ReadOnlySequence<byte> bytes) =>
        TryRead(bytes.IsSingleSegment ? bytes.FirstSpan : bytes.ToArray(), out var message) ? message : BalanceStreamRequest.Parser.ParseFrom(bytes);

    private bool TryRead(ReadOnlySpan<byte> bytes, out BalanceStreamRequest message)
    {
        message = new BalanceStreamRequest();
        while (!bytes.IsEmpty)
        {
            if (!WireFields.TryNumber(ref bytes, out var tag) || !WireFields.TryBytes(ref bytes, out var inner))
            {
                return false;
            }
            switch (tag)
            {
                case Questions when TryQuestion(inner, out var question):
                    message.Questions.Add(question);
                    break;
                case Outcomes:
                    message.Outcomes.Add(Outcome.Parser.ParseFrom(inner));
                    break;
                default:
                    return false;
            }
        }
        return true;
    }

    private bool TryQuestion(ReadOnlySpan<byte> bytes, out BalanceQuestion question)
    {
        question = new BalanceQuestion();
        var rest = bytes;
        if (WireFields.TryNumber(ref rest, out var tag) && tag == Id && WireFields.TryNumber(ref rest, out var id)
            && WireFields.TryNumber(ref rest, out tag) && tag == Request && WireFields.TryBytes(ref rest, out var request) && rest.IsEmpty && request.Length <= LongestKept)
        {
            (question.Id, question.Request) = (id, RequestOf(request));
            return true;
        }
        question = BalanceQuestion.Parser.ParseFrom(bytes);
        return true;
    }

    private BalanceRequest RequestOf(ReadOnlySpan<byte> bytes)
    {
        var hash = XxHash3.HashToUInt64(bytes);
        var place = hash % Places;
        if (Volatile.Read(ref _kept[place]) is { } kept && bytes.SequenceEqual(kept.Bytes))
        {
            return kept.Request;
        }
        var request = BalanceRequest.Parser.ParseFrom(bytes);
        // Kept when it comes a second time: keys and tokens of single sessions are not worth it.
        if (Volatile.Read(ref _askedOnce[place]) == hash)
        {
            Volatile.Write(ref _kept[place], new Kept(bytes.ToArray(), request));
        }
        Volatile.Write(ref _askedOnce[place], hash);
        return request;
    }

    private sealed record Kept(byte[] Bytes, BalanceRequest Request);
}
