using System.Numerics;

namespace Athena.Protocol.Wire;

/// <summary>Fields of a message as they travel: numbers of variable length, and bytes with their length. For the few messages that are read and written by hand.</summary>
/// <remarks>
/// Reads and writes in place and allocates nothing. Google.Protobuf's own (`ParseContext`, `WriteContext`) are open to generated code alone, and give texts and bytes only as new objects.
/// </remarks>
internal static class WireFields
{
    /// <summary>Takes a number; false where there is none, and then nothing is taken.</summary>
    public static bool TryNumber(scoped ref ReadOnlySpan<byte> bytes, out ulong number)
    {
        number = 0;
        for (var (i, shift) = (0, 0); i < bytes.Length && shift < 64; i++, shift += 7)
        {
            number |= (ulong)(bytes[i] & 0x7F) << shift;
            if (bytes[i] < 0x80)
            {
                bytes = bytes[(i + 1)..];
                return true;
            }
        }
        return false;
    }

    /// <summary>Takes a length and so many bytes; false where there are fewer.</summary>
    public static bool TryBytes(scoped ref ReadOnlySpan<byte> bytes, out ReadOnlySpan<byte> inner)
    {
        inner = default;
        if (!TryNumber(ref bytes, out var length) || length > (ulong)bytes.Length)
        {
            return false;
        }
        inner = bytes[..(int)length];
        bytes = bytes[(int)length..];
        return true;
    }

    /// <summary>Bytes that a number takes: one for each seven bits, 1 to 10.</summary>
    public static int SizeOf(ulong number) => (((63 - BitOperations.LeadingZeroCount(number | 1)) * 9) + 73) / 64;

    /// <summary>Bytes that a field with a tag of one byte takes: the tag, the length, and so many bytes.</summary>
    public static int SizeWith(int length) => 1 + SizeOf((ulong)length) + length;

    /// <summary>Writes a tag of one byte and a number.</summary>
    /// <returns>The place after it.</returns>
    public static int Put(Span<byte> to, int at, byte tag, ulong number)
    {
        to[at++] = tag;
        for (; number >= 0x80; number >>= 7)
        {
            to[at++] = (byte)(number | 0x80);
        }
        to[at++] = (byte)number;
        return at;
    }

    /// <summary>Writes a tag of one byte and the length of the bytes that follow.</summary>
    /// <returns>The place after it.</returns>
    public static int PutLength(Span<byte> to, int at, byte tag, int length) => Put(to, at, tag, (ulong)length);
}
