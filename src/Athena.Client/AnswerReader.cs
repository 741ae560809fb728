using System.Buffers;
using System.Text;
using System.Text.Unicode;
using Athena.Protocol.Wire;
using Athena.V1;
using Google.Protobuf;

namespace Athena.Client;

/// <summary>Reads the messages that answer one stream: into the same objects, one message after another, but for the decisions, which callers keep. Used by one thread at a time.</summary>
/// <remarks>
/// Thousands of decisions a second name the same few farms and servers: their texts are made once. Read by hand is only what has the usual form; all else, and whatever is wrong, is
/// left to the generated parser.
/// </remarks>
internal sealed class AnswerReader
{
    /// <summary>Longest text that is kept, in bytes.</summary>
    public const int LongestKept = 256;

    /// <summary>Texts kept; a later one with the same remainder of its hash takes the place of the one before.</summary>
    private const int Places = 1024;

    /// <summary>Most objects kept for the next message.</summary>
    private const int MostKept = 1000;

    // Tags of the fields that are read by hand: number of the field · 8 + its wire type.
    private const ulong Answers = (BalanceStreamResponse.AnswersFieldNumber << 3) | 2;
    private const ulong Id = BalanceStreamAnswer.IdFieldNumber << 3;
    private const ulong Decisions = (BalanceStreamAnswer.DecisionsFieldNumber << 3) | 2;
    private const ulong DecisionId = BalanceResponse.DecisionIdFieldNumber << 3;
    private const ulong Farm = (BalanceResponse.FarmFieldNumber << 3) | 2;
    private const ulong Server = (BalanceResponse.ServerFieldNumber << 3) | 2;
    private const ulong Address = (BalanceResponse.AddressFieldNumber << 3) | 2;
    private const ulong Pinned = BalanceResponse.PinnedFieldNumber << 3;
    private const ulong Steered = BalanceResponse.SteeredFieldNumber << 3;
    private const ulong Forwarded = BalanceResponse.ForwardedFieldNumber << 3;
    private const ulong Panicked = BalanceResponse.PanickedFieldNumber << 3;
    private const ulong Revision = BalanceResponse.RevisionFieldNumber << 3;
    private const ulong Seed = BalanceResponse.SeedFieldNumber << 3;
    private const ulong Lease = (BalanceResponse.LeaseFieldNumber << 3) | 2;

    private readonly Text[] _texts = new Text[Places];
    private readonly List<BalanceStreamAnswer> _kept = [];
    private readonly BalanceStreamResponse _message = new();
    private int _used;

    /// <summary>The message; it holds until the next one is read, its decisions for ever.</summary>
    /// <exception cref="InvalidProtocolBufferException">The bytes are none.</exception>
    public BalanceStreamResponse Read(in ReadOnlySequence<byte> bytes)
    {
        Clear();
        return TryRead(bytes.IsSingleSegment ? bytes.FirstSpan : bytes.ToArray()) ? _message : BalanceStreamResponse.Parser.ParseFrom(bytes);
    }

    private void Clear()
    {
        for (; _used > 0; _used--)
        {
            _kept[_used - 1].Decisions.Clear();
        }
        _message.Answers.Clear();
        _message.RejectedOutcomes.Clear();
    }

    private bool TryRead(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            if (!WireFields.TryNumber(ref bytes, out var tag) || tag != Answers || !WireFields.TryBytes(ref bytes, out var inner))
            {
                return false;
            }
            var answer = NextAnswer();
            _message.Answers.Add(TryAnswer(inner, answer) ? answer : BalanceStreamAnswer.Parser.ParseFrom(inner));
        }
        return true;
    }

    private BalanceStreamAnswer NextAnswer()
    {
        if (_used == MostKept)
        {
            return new BalanceStreamAnswer();
        }
        if (_used == _kept.Count)
        {
            _kept.Add(new BalanceStreamAnswer());
        }
        return _kept[_used++];
    }

    private bool TryAnswer(ReadOnlySpan<byte> bytes, BalanceStreamAnswer answer)
    {
        answer.Id = 0;
        while (!bytes.IsEmpty)
        {
            if (!WireFields.TryNumber(ref bytes, out var tag))
            {
                return false;
            }
            switch (tag)
            {
                case Id when WireFields.TryNumber(ref bytes, out var id):
                    answer.Id = id;
                    break;
                case Decisions when WireFields.TryBytes(ref bytes, out var inner):
                    answer.Decisions.Add(TryDecision(inner, out var decision) ? decision : BalanceResponse.Parser.ParseFrom(inner));
                    break;
                default:
                    return false;
            }
        }
        return true;
    }

    private bool TryDecision(ReadOnlySpan<byte> bytes, out BalanceResponse decision)
    {
        decision = new BalanceResponse();
        while (!bytes.IsEmpty)
        {
            if (!WireFields.TryNumber(ref bytes, out var tag))
            {
                return false;
            }
            ReadOnlySpan<byte> inner = default;
            var number = 0UL;
            if ((tag & 7) == 2 ? !WireFields.TryBytes(ref bytes, out inner) : !WireFields.TryNumber(ref bytes, out number))
            {
                return false;
            }
            switch (tag)
            {
                case DecisionId:
                    decision.DecisionId = number;
                    break;
                case Farm when TextOf(inner) is { } farm:
                    decision.Farm = farm;
                    break;
                case Server when TextOf(inner) is { } server:
                    decision.Server = server;
                    break;
                case Address when TextOf(inner) is { } address:
                    decision.Address = address;
                    break;
                case Pinned:
                    decision.Pinned = number != 0;
                    break;
                case Steered:
                    decision.Steered = number != 0;
                    break;
                case Forwarded:
                    decision.Forwarded = number != 0;
                    break;
                case Panicked:
                    decision.Panicked = number != 0;
                    break;
                case Revision:
                    decision.Revision = (long)number;
                    break;
                case Seed:
                    decision.Seed = number;
                    break;
                case Lease when decision.Lease is null:
                    decision.Lease = V1.Lease.Parser.ParseFrom(inner);
                    break;
                default:
                    return false;
            }
        }
        return true;
    }

    /// <summary>The text of some bytes; null when they are none.</summary>
    private string? TextOf(ReadOnlySpan<byte> bytes)
    {
        // Names of one farm mostly differ at their end.
        var hash = (uint)bytes.Length;
        foreach (var b in bytes[Math.Max(0, bytes.Length - 8)..])
        {
            hash = (hash * 31) + b;
        }
        ref var place = ref _texts[(hash ^ (hash >> 10)) % Places];
        if (place.Bytes is not null && bytes.SequenceEqual(place.Bytes))
        {
            return place.Value;
        }
        if (bytes.Length > LongestKept || !Utf8.IsValid(bytes))
        {
            return null;
        }
        place = new Text(bytes.ToArray(), Encoding.UTF8.GetString(bytes));
        return place.Value;
    }

    private readonly record struct Text(byte[] Bytes, string Value);
}
