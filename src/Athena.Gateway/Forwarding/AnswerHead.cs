using System.Buffers.Text;
using System.Text;
using Athena.Gateway.Edge.Http1;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.Primitives;

namespace Athena.Gateway.Forwarding;

/// <summary>How the end of an answer's body is known.</summary>
internal enum BodyFraming
{
    /// <summary>By its length, which may be zero.</summary>
    Length,

    /// <summary>By chunks.</summary>
    Chunks,

    /// <summary>By the end of the connection.</summary>
    Close,
}

/// <summary>Heads of the answers of one connection, one after another.</summary>
/// <remarks>Strict where two readers could differ on where an answer ends. Values that a server repeats from answer to answer are made to texts once.</remarks>
internal sealed class AnswerHead
{
    private readonly string[] _last = new string[FieldNames.Count];
    private bool _isChunked;

    /// <summary>Status code, 200 to 999.</summary>
    public int Status { get; private set; }

    /// <summary>How its body ends, unless the request or the status allows none.</summary>
    public BodyFraming Framing => _isChunked ? BodyFraming.Chunks : Length >= 0 ? BodyFraming.Length : BodyFraming.Close;

    /// <summary>Length of the body; -1: not told.</summary>
    public long Length { get; private set; }

    /// <summary>Whether the connection may serve another request when the body is there.</summary>
    public bool IsKept { get; private set; }

    /// <summary>Whether the server reports its load.</summary>
    public bool HasLoad { get; private set; }

    /// <summary>Reads a head, and over those that only announce one (1xx).</summary>
    /// <param name="bytes">What has come.</param>
    /// <param name="answer">Takes status and fields.</param>
    /// <param name="used">Bytes that were read; they are not to be shown again.</param>
    /// <returns>Whether the head was there.</returns>
    /// <exception cref="InvalidDataException">It is none, or where its answer ends has two meanings.</exception>
    public bool TryRead(ReadOnlySpan<byte> bytes, HttpResponse answer, out int used)
    {
        used = 0;
        while (EndOf(bytes[used..]) is var length && length > 0)
        {
            var head = bytes.Slice(used, length);
            used += length;
            var reason = ReadStatus(TakeLine(ref head));
            if (Status >= 200)
            {
                ReadFields(head, answer.Headers);
                answer.StatusCode = Status;
                if (reason.Length > 0 && !Ascii.Equals(reason, ReasonPhrases.GetReasonPhrase(Status)))
                {
                    answer.HttpContext.Features.GetRequiredFeature<IHttpResponseFeature>().ReasonPhrase = Encoding.Latin1.GetString(reason);
                }
                return true;
            }
            if (Status == 101)
            {
                throw new InvalidDataException("the server switched protocols unasked");
            }
        }
        return false;
    }

    /// <summary>Takes a line off, without its end.</summary>
    internal static ReadOnlySpan<byte> TakeLine(ref ReadOnlySpan<byte> rest)
    {
        var end = rest.IndexOf((byte)'\n');
        var line = rest[..end];
        rest = rest[(end + 1)..];
        return line is [.., (byte)'\r'] ? line[..^1] : line;
    }

    /// <summary>Splits a field.</summary>
    /// <exception cref="InvalidDataException">It is none.</exception>
    internal static ReadOnlySpan<byte> NameOf(ReadOnlySpan<byte> line, out ReadOnlySpan<byte> value) =>
        HeadSyntax.IsField(line, out var name, out value) ? name : throw new InvalidDataException("the answer has a field that is none");

    /// <summary>Length of a head with the empty line at its end; 0 while it has not all come.</summary>
    internal static int EndOf(ReadOnlySpan<byte> bytes)
    {
        var at = 0;
        while (bytes[at..].IndexOf((byte)'\n') is var end && end >= 0)
        {
            at += end + 1;
            if (bytes[at..] is [(byte)'\n', ..])
            {
                return at + 1;
            }
            if (bytes[at..] is [(byte)'\r', (byte)'\n', ..])
            {
                return at + 2;
            }
        }
        return 0;
    }

    private ReadOnlySpan<byte> ReadStatus(ReadOnlySpan<byte> line)
    {
        if (line.Length < 12 || !line.StartsWith("HTTP/1."u8) || line[7] is not ((byte)'0' or (byte)'1') || line[8] != ' ' || !HeadSyntax.IsText(line)
            || line.Slice(9, 3).ContainsAnyExceptInRange((byte)'0', (byte)'9') || line[9] == '0' || (line.Length > 12 && line[12] != ' '))
        {
            throw new InvalidDataException("the answer does not begin as HTTP/1.1 does");
        }
        (Status, Length, IsKept, _isChunked, HasLoad) = (((line[9] - '0') * 100) + ((line[10] - '0') * 10) + line[11] - '0', -1, line[7] == '1', false, false);
        return line.Length > 13 ? line[13..] : [];
    }

    private void ReadFields(ReadOnlySpan<byte> head, IHeaderDictionary fields)
    {
        var length = -1L;
        for (var line = TakeLine(ref head); line.Length > 0; line = TakeLine(ref head))
        {
            var (place, name) = FieldNames.Of(NameOf(line, out var value));
            if (place == FieldNames.ContentLength)
            {
                length = length < 0 && ReadLength(value) is var told && told >= 0 ? told : throw new InvalidDataException("the answer's length is none, or there are two");
            }
            else if (place == FieldNames.TransferEncoding)
            {
                _isChunked = !_isChunked && Ascii.EqualsIgnoreCase(value, "chunked"u8) ? true : throw new InvalidDataException("the answer has a transfer encoding other than chunked");
            }
            else if (place == FieldNames.Connection)
            {
                IsKept &= !Names(value, "close"u8);
            }
            else if (!FieldNames.OfConnection.Contains(name))
            {
                HasLoad |= place == FieldNames.BinaryLoad || place == FieldNames.TextLoad;
                var text = TextOf(place, value);
                fields[name] = fields.TryGetValue(name, out var before) ? StringValues.Concat(before, text) : text;
            }
        }
        if (_isChunked && length >= 0)
        {
            // Chunks count (RFC 9112, 6.3); who sends both is not trusted with another request.
            IsKept = false;
        }
        else if (length >= 0)
        {
            Length = length;
            // Of an answer that has no body at all it says nothing (RFC 9110, 8.6).
            fields.ContentLength = Status is StatusCodes.Status204NoContent or StatusCodes.Status205ResetContent ? null : length;
        }
    }

    private static long ReadLength(ReadOnlySpan<byte> value) =>
        !value.ContainsAnyExceptInRange((byte)'0', (byte)'9') && Utf8Parser.TryParse(value, out long length, out var digits) && digits == value.Length ? length : -1;

    private string TextOf(int place, ReadOnlySpan<byte> value) =>
        place < 0 ? Encoding.Latin1.GetString(value)
        : _last[place] is { } last && Ascii.Equals(value, last) ? last
        : _last[place] = Encoding.Latin1.GetString(value);

    private static bool Names(ReadOnlySpan<byte> list, ReadOnlySpan<byte> token)
    {
        foreach (var part in list.Split((byte)','))
        {
            if (Ascii.EqualsIgnoreCase(list[part].Trim(" \t"u8), token))
            {
                return true;
            }
        }
        return false;
    }
}
