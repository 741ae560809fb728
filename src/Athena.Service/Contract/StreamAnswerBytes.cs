using System.Buffers;
using System.Runtime.CompilerServices;
using System.Text;
using Athena.Protocol.Wire;
using Athena.V1;
using Google.Protobuf;
using Grpc.Core;

namespace Athena.Service.Contract;

/// <summary>Writes the answers of `BalanceStream`, byte for byte as the generated code does; names of farms and servers, and addresses, are encoded once.</summary>
/// <remarks>
/// Hundreds of thousands of decisions a second have the same few names, and the generated code counts the bytes of each message inside another anew. Written by hand is what has
/// the usual form; an answer with anything else is left to the generated code. Safe from any thread.
/// </remarks>
internal sealed class StreamAnswerBytes
{
    /// <summary>Triples of names kept; a later one with the same remainder of its hash takes the place of the one before.</summary>
    private const int Places = 1024;

    /// <summary>Largest buffer that a thread keeps for its next message.</summary>
    private const int LargestKept = 1 << 20;

    // Tags of what is written by hand: number of the field · 8 + its wire type. All are of one byte.
    private const byte Answers = (BalanceStreamResponse.AnswersFieldNumber << 3) | 2;
    private const byte Rejected = (BalanceStreamResponse.RejectedOutcomesFieldNumber << 3) | 2;
    private const byte Id = BalanceStreamAnswer.IdFieldNumber << 3;
    private const byte Decisions = (BalanceStreamAnswer.DecisionsFieldNumber << 3) | 2;
    private const byte DecisionId = BalanceResponse.DecisionIdFieldNumber << 3;
    private const byte Farm = (BalanceResponse.FarmFieldNumber << 3) | 2;
    private const byte Server = (BalanceResponse.ServerFieldNumber << 3) | 2;
    private const byte Address = (BalanceResponse.AddressFieldNumber << 3) | 2;
    private const byte Pinned = BalanceResponse.PinnedFieldNumber << 3;
    private const byte Steered = BalanceResponse.SteeredFieldNumber << 3;
    private const byte Forwarded = BalanceResponse.ForwardedFieldNumber << 3;
    private const byte Panicked = BalanceResponse.PanickedFieldNumber << 3;
    private const byte Revision = BalanceResponse.RevisionFieldNumber << 3;
    private const byte Seed = BalanceResponse.SeedFieldNumber << 3;
    private const byte Lease = (BalanceResponse.LeaseFieldNumber << 3) | 2;

    [ThreadStatic]
    private static ArrayBufferWriter<byte>? _scratch;

    private readonly Names?[] _names = new Names?[Places];

    /// <summary>Hands the bytes of a message to the call that sends it.</summary>
    public void Write(BalanceStreamResponse message, SerializationContext context)
    {
        var bytes = _scratch ??= new ArrayBufferWriter<byte>();
        bytes.ResetWrittenCount();
        Write(message, bytes);
        context.SetPayloadLength(bytes.WrittenCount);
        context.GetBufferWriter().Write(bytes.WrittenSpan);
        context.Complete();
        if (bytes.Capacity > LargestKept)
        {
            _scratch = null;
        }
    }

    /// <summary>Writes a message.</summary>
    public void Write(BalanceStreamResponse message, IBufferWriter<byte> bytes)
    {
        foreach (var answer in message.Answers)
        {
            var size = SizeOf(answer);
            if (size < 0)
            {
                WriteAsGenerated(Answers, answer, bytes);
                continue;
            }
            var to = bytes.GetSpan(WireFields.SizeWith(size));
            var at = WireFields.PutLength(to, 0, Answers, size);
            at = answer.Id == 0 ? at : WireFields.Put(to, at, Id, answer.Id);
            foreach (var decision in answer.Decisions)
            {
                at = Put(to, at, decision);
            }
            bytes.Advance(at);
        }
        foreach (var rejected in message.RejectedOutcomes)
        {
            WriteAsGenerated(Rejected, rejected, bytes);
        }
    }

    private static void WriteAsGenerated(byte tag, IMessage message, IBufferWriter<byte> bytes)
    {
        var size = message.CalculateSize();
        bytes.Advance(WireFields.PutLength(bytes.GetSpan(1 + WireFields.SizeOf((ulong)size)), 0, tag, size));
        message.WriteTo(bytes);
    }

    /// <summary>Bytes of an answer; -1 when it is not of the usual form.</summary>
    private int SizeOf(BalanceStreamAnswer answer)
    {
        if (answer.Error is not null)
        {
            return -1;
        }
        var size = answer.Id == 0 ? 0 : 1 + WireFields.SizeOf(answer.Id);
        foreach (var decision in answer.Decisions)
        {
            if (decision.Url.Length > 0 || decision.Alternates.Count > 0 || decision.Hops.Count > 0 || decision.Explanation is not null)
            {
                return -1;
            }
            var own = SizeOf(decision);
            size += WireFields.SizeWith(own);
        }
        return size;
    }

    private int SizeOf(BalanceResponse decision)
    {
        var size = NamesOf(decision).Bytes.Length
            + (decision.DecisionId == 0 ? 0 : 1 + WireFields.SizeOf(decision.DecisionId))
            + (decision.Revision == 0 ? 0 : 1 + WireFields.SizeOf((ulong)decision.Revision))
            + (decision.Seed == 0 ? 0 : 1 + WireFields.SizeOf(decision.Seed))
            + (decision.Pinned ? 2 : 0) + (decision.Steered ? 2 : 0) + (decision.Forwarded ? 2 : 0) + (decision.Panicked ? 2 : 0);
        if (decision.Lease is not null)
        {
            var lease = decision.Lease.CalculateSize();
            size += WireFields.SizeWith(lease);
        }
        return size;
    }

    private int Put(Span<byte> to, int at, BalanceResponse decision)
    {
        at = WireFields.PutLength(to, at, Decisions, SizeOf(decision));
        at = decision.DecisionId == 0 ? at : WireFields.Put(to, at, DecisionId, decision.DecisionId);
        var names = NamesOf(decision).Bytes;
        names.CopyTo(to[at..]);
        at += names.Length;
        at = decision.Pinned ? WireFields.Put(to, at, Pinned, 1) : at;
        at = decision.Steered ? WireFields.Put(to, at, Steered, 1) : at;
        at = decision.Forwarded ? WireFields.Put(to, at, Forwarded, 1) : at;
        at = decision.Panicked ? WireFields.Put(to, at, Panicked, 1) : at;
        at = decision.Revision == 0 ? at : WireFields.Put(to, at, Revision, (ulong)decision.Revision);
        at = decision.Seed == 0 ? at : WireFields.Put(to, at, Seed, decision.Seed);
        if (decision.Lease is not null)
        {
            var lease = decision.Lease.CalculateSize();
            at = WireFields.PutLength(to, at, Lease, lease);
            decision.Lease.WriteTo(to.Slice(at, lease));
            at += lease;
        }
        return at;
    }

    /// <summary>Farm, server and address as they are written. They are the snapshot's own texts, so that comparing references is enough.</summary>
    private Names NamesOf(BalanceResponse decision)
    {
        ref var place = ref _names[(RuntimeHelpers.GetHashCode(decision.Server) ^ RuntimeHelpers.GetHashCode(decision.Farm)) & (Places - 1)];
        var names = Volatile.Read(ref place);
        if (names is null || !ReferenceEquals(names.Server, decision.Server) || !ReferenceEquals(names.Farm, decision.Farm) || !ReferenceEquals(names.Address, decision.Address))
        {
            names = new Names(decision.Farm, decision.Server, decision.Address, Encode((Farm, decision.Farm), (Server, decision.Server), (Address, decision.Address)));
            Volatile.Write(ref place, names);
        }
        return names;
    }

    private static byte[] Encode(params ReadOnlySpan<(byte Tag, string Text)> texts)
    {
        var bytes = new ArrayBufferWriter<byte>();
        foreach (var (tag, text) in texts)
        {
            if (text.Length > 0)
            {
                var size = Encoding.UTF8.GetByteCount(text);
                bytes.Advance(WireFields.PutLength(bytes.GetSpan(1 + WireFields.SizeOf((ulong)size)), 0, tag, size));
                bytes.Advance(Encoding.UTF8.GetBytes(text, bytes.GetSpan(size)));
            }
        }
        return bytes.WrittenSpan.ToArray();
    }

    private sealed record Names(string Farm, string Server, string Address, byte[] Bytes);
}
