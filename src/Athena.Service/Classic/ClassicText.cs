using System.Buffers;
using System.Text;

namespace Athena.Service.Classic;

/// <summary>Reads a classic text: as it stands, or decoded once when it begins with 'E'.</summary>
/// <remarks>
/// Formats are full of percent signs that are no escapes (`Ef="%h,%c"` is a request seen in use). So an escape that is none, or of no text, stays
/// marked; in a format it is the percent sign again, anywhere else it is a fault.
/// </remarks>
internal static class ClassicText
{
    /// <summary>Longest text, in characters.</summary>
    public const int MaxLength = 8192;

    /// <summary>Stands for the percent sign of an escape that is none; never part of a text that comes in.</summary>
    public const char BadEscape = '\uFFFF';

    private static readonly SearchValues<char> Refused = SearchValues.Create(
        [.. Enumerable.Range(0, 0xA0).Select(i => (char)i).Where(char.IsControl), BadEscape]);

    /// <summary>Makes something of parsed requests.</summary>
    /// <returns>Null when they are not acceptable; then the fault says why.</returns>
    public delegate T? Reader<T>(List<List<ClassicArgument>> requests, out ClassicFault? fault)
        where T : class;

    /// <summary>What a reader makes of a text. One that is not acceptable as it stands is tried decoded: its client has escaped it without saying so.</summary>
    /// <param name="raw">The text, not empty.</param>
    /// <param name="read">The reader.</param>
    /// <param name="fault">Why it is not acceptable.</param>
    public static T? Read<T>(string raw, Reader<T> read, out ClassicFault? fault)
        where T : class
    {
        if (raw.Length > MaxLength)
        {
            fault = ClassicFault.TooMuch($"the text is longer than {MaxLength} characters");
            return null;
        }
        if (raw.AsSpan().IndexOfAny(Refused) is >= 0 and var at)
        {
            fault = ClassicFault.Syntax($"character {at + 1} is a control character: '{ClassicFault.Shown(raw)}'");
            return null;
        }
        if (raw.StartsWith('E'))
        {
            return Parsed(Decode(raw[1..]), read, out fault);
        }
        if (Parsed(raw, read, out fault) is { } asItStands)
        {
            return asItStands;
        }
        if (fault!.HttpStatus == StatusCodes.Status400BadRequest && raw.Contains('%', StringComparison.Ordinal) && Parsed(Decode(raw), read, out _) is { } decoded)
        {
            fault = null;
            return decoded;
        }
        return null;
    }

    /// <summary>The text with every escape decoded; an escape that is none, or of no text, is marked.</summary>
    internal static string Decode(string text)
    {
        if (!text.Contains('%', StringComparison.Ordinal))
        {
            return text;
        }
        var decoded = new StringBuilder(text.Length);
        Span<byte> bytes = stackalloc byte[4];
        for (var at = 0; at < text.Length;)
        {
            if (text[at] != '%')
            {
                decoded.Append(text[at++]);
                continue;
            }
            // One character of text is at most four bytes.
            var count = 0;
            while (count < bytes.Length && ByteAt(text, at + (3 * count)) is { } value)
            {
                bytes[count++] = value;
            }
            if (Rune.DecodeFromUtf8(bytes[..count], out var rune, out var used) == OperationStatus.Done && !Rune.IsControl(rune) && rune.Value != BadEscape)
            {
                decoded.Append(rune.ToString());
                at += 3 * used;
            }
            else
            {
                decoded.Append(BadEscape);
                at++;
            }
        }
        return decoded.ToString();
    }

    private static byte? ByteAt(string text, int at) =>
        at + 2 < text.Length && text[at] == '%' && char.IsAsciiHexDigit(text[at + 1]) && char.IsAsciiHexDigit(text[at + 2])
            ? Convert.ToByte(text.Substring(at + 1, 2), 16)
            : null;

    private static T? Parsed<T>(string text, Reader<T> read, out ClassicFault? fault)
        where T : class
    {
        if (text.Length == 0)
        {
            fault = ClassicFault.Syntax("the text is empty");
            return null;
        }
        if (ClassicGrammar.Parse(text, out fault) is not { } requests)
        {
            return null;
        }
        foreach (var request in requests)
        {
            for (var i = 0; i < request.Count; i++)
            {
                var (key, value) = request[i];
                if (!value.Contains(BadEscape, StringComparison.Ordinal))
                {
                    continue;
                }
                if (key is not ("f" or "format"))
                {
                    var at = value.IndexOf(BadEscape, StringComparison.Ordinal);
                    fault = ClassicFault.Syntax($"'{ClassicFault.Shown(value[at..Math.Min(value.Length, at + 3)])}' is not an escape of text");
                    return null;
                }
                request[i] = new ClassicArgument(key, value.Replace(BadEscape, '%'));
            }
        }
        return read(requests, out fault);
    }
}
