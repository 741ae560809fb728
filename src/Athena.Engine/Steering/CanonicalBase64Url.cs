using System.Buffers;
using System.Buffers.Text;

namespace Athena.Engine.Steering;

/// <summary>base64url with one spelling for each content: no padding, no other characters, no bits left over.</summary>
/// <remarks>The framework's decoder passes over white space and takes padding. Source: RFC 7515, section 2; RFC 4648, section 3.5.</remarks>
internal static class CanonicalBase64Url
{
    private const string Digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

    private static readonly SearchValues<char> Alphabet = SearchValues.Create(Digits);

    /// <summary>Whether the text is the canonical spelling of something.</summary>
    public static bool IsCanonical(ReadOnlySpan<char> text)
    {
        // Two characters carry one byte and four bits more, three carry two bytes and two bits more.
        var leftOver = (text.Length % 4) switch { 2 => 0b1111, 3 => 0b11, _ => 0 };
        return text.Length % 4 != 1
            && !text.ContainsAnyExcept(Alphabet)
            && (leftOver == 0 || (Digits.IndexOf(text[^1], StringComparison.Ordinal) & leftOver) == 0);
    }

    /// <summary>Decodes; false when the text is not canonical, or longer than there is room for.</summary>
    public static bool TryDecode(ReadOnlySpan<char> text, Span<byte> into, out int written)
    {
        written = 0;
        return IsCanonical(text) && Base64Url.DecodeFromChars(text, into, out _, out written) == OperationStatus.Done;
    }
}
