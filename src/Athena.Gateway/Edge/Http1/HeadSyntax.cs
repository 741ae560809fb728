using System.Buffers;

namespace Athena.Gateway.Edge.Http1;

/// <summary>What the lines of a message may look like: RFC 9112, without the liberties that it grants to receivers.</summary>
internal static class HeadSyntax
{
    private static readonly SearchValues<byte> Token = SearchValues.Create("!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"u8);
    private static readonly SearchValues<byte> Digits = SearchValues.Create("0123456789"u8);

    /// <summary>Bytes of a request target: visible ASCII without '#', for a fragment is never sent.</summary>
    private static readonly SearchValues<byte> Target = SearchValues.Create([.. Enumerable.Range(0x21, 0x5E).Where(b => b != '#').Select(b => (byte)b)]);

    /// <summary>Bytes of a field's value: tab, blank, visible ASCII and everything above ASCII.</summary>
    private static readonly SearchValues<byte> Value = SearchValues.Create([(byte)'\t', .. Enumerable.Range(0x20, 0x5F).Select(b => (byte)b), .. Enumerable.Range(0x80, 0x80).Select(b => (byte)b)]);

    /// <summary>`METHOD TARGET HTTP/1.x`, parted by single blanks.</summary>
    public static bool IsRequestLine(ReadOnlySpan<byte> line, out bool isHttp10)
    {
        isHttp10 = line.EndsWith(" HTTP/1.0"u8);
        if (!isHttp10 && !line.EndsWith(" HTTP/1.1"u8))
        {
            return false;
        }
        line = line[..^" HTTP/1.1".Length];
        var blank = line.IndexOf((byte)' ');
        return blank > 0 && line.Length > blank + 1 && IsToken(line[..blank]) && !line[(blank + 1)..].ContainsAnyExcept(Target);
    }

    /// <summary>`Name: value`: a name without blanks around it, a value without control characters, nothing folded.</summary>
    public static bool IsField(ReadOnlySpan<byte> line, out ReadOnlySpan<byte> name, out ReadOnlySpan<byte> value)
    {
        var colon = line.IndexOf((byte)':');
        if (colon <= 0)
        {
            name = value = default;
            return false;
        }
        name = line[..colon];
        value = line[(colon + 1)..].Trim(" \t"u8);
        return IsToken(name) && IsText(value);
    }

    /// <summary>A count of bytes in its one spelling: digits without sign, blanks, list or leading zero.</summary>
    public static bool IsLength(ReadOnlySpan<byte> text, out long length)
    {
        length = 0;
        return text.Length is > 0 and <= 18 && !text.ContainsAnyExcept(Digits) && (text.Length == 1 || text[0] != '0')
            && System.Buffers.Text.Utf8Parser.TryParse(text, out length, out _);
    }

    /// <summary>The line ahead of a chunk: hexadecimal digits, then perhaps extensions, which nobody reads.</summary>
    public static bool IsChunkLine(ReadOnlySpan<byte> line, out long length)
    {
        length = 0;
        var end = line.IndexOf((byte)';');
        var digits = end < 0 ? line : line[..end];
        return digits.Length is > 0 and <= 15 && System.Buffers.Text.Utf8Parser.TryParse(digits, out length, out var read, 'x') && read == digits.Length
            && (end < 0 || IsText(line[end..]));
    }

    /// <summary>No control character but tab.</summary>
    public static bool IsText(ReadOnlySpan<byte> text) => !text.ContainsAnyExcept(Value);

    private static bool IsToken(ReadOnlySpan<byte> text) => !text.ContainsAnyExcept(Token);
}
