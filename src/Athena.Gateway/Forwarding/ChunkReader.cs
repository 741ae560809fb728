using System.Buffers.Text;
using System.Text;
using Microsoft.Extensions.Primitives;

namespace Athena.Gateway.Forwarding;

/// <summary>Takes a body out of its chunks (RFC 9112, 7.1): what is not exactly a chunk is an error, not the end.</summary>
internal struct ChunkReader
{
    private const int MostLine = 4096;
    private const int MostDigits = 15;

    private State _state;
    private long _left;

    private enum State
    {
        Size,
        Data,
        EndOfData,
        Trailers,
        Over,
    }

    /// <summary>Whether the last chunk and the fields behind it have been read.</summary>
    public readonly bool IsOver => _state == State.Over;

    /// <summary>The fields behind the last chunk; null: none so far.</summary>
    public HeaderDictionary? Trailers { get; private set; }

    /// <summary>Reads on.</summary>
    /// <param name="bytes">What has come and was not used.</param>
    /// <param name="used">Bytes used up, the part of the body among them; 0: more has to come.</param>
    /// <returns>A part of the body, or nothing.</returns>
    /// <exception cref="InvalidDataException">It is no chunk.</exception>
    public ReadOnlySpan<byte> Read(ReadOnlySpan<byte> bytes, out int used)
    {
        used = 0;
        if (_state == State.Data)
        {
            used = (int)Math.Min(_left, bytes.Length);
            _left -= used;
            _state = _left == 0 ? State.EndOfData : State.Data;
            return bytes[..used];
        }
        var end = bytes.IndexOf((byte)'\n');
        if (end < 0 ? bytes.Length > MostLine : end == 0 || bytes[end - 1] != '\r')
        {
            throw new InvalidDataException("a line between chunks is too long or does not end as one");
        }
        if (end >= 0)
        {
            used = end + 1;
            ReadLine(bytes[..(end - 1)]);
        }
        return [];
    }

    private void ReadLine(ReadOnlySpan<byte> line)
    {
        switch (_state)
        {
            case State.Size:
                _left = SizeOf(line);
                _state = _left == 0 ? State.Trailers : State.Data;
                break;
            case State.EndOfData:
                _state = line.IsEmpty ? State.Size : throw new InvalidDataException("a chunk is longer than it says");
                break;
            default:
                if (line.IsEmpty)
                {
                    _state = State.Over;
                    break;
                }
                var (_, name) = FieldNames.Of(AnswerHead.NameOf(line, out var value));
                if (!FieldNames.OfConnection.Contains(name))
                {
                    Trailers ??= [];
                    Trailers[name] = StringValues.Concat(Trailers[name], Encoding.Latin1.GetString(value));
                }
                break;
        }
    }

    private static long SizeOf(ReadOnlySpan<byte> line)
    {
        var extension = line.IndexOf((byte)';');
        var size = (extension < 0 ? line : line[..extension]).TrimEnd(" \t"u8);
        return size.Length is > 0 and <= MostDigits && Utf8Parser.TryParse(size, out long number, out var digits, 'x') && digits == size.Length
            ? number
            : throw new InvalidDataException("the size of a chunk is no number");
    }
}
